/** RFC 6455 §7.4.1 reserves 1005, 1006 and 1015: they are reported, never sent. */
export function sendableCode(code: number): number {
  if (code === 1005) return 1000;
  if (code === 1006 || code === 1015) return 1011;
  return code;
}

/** What the WebSocket library closes a sinner with; null for a broken wire, which is nobody's fault. */
export function codeOfFault(fault: Error): number | null {
  const name = 'code' in fault ? String(fault.code) : '';
  if (!name.startsWith('WS_ERR_')) return null;
  return FAULTS[name] ?? 1002;
}

/** @see https://github.com/websockets/ws/blob/8.23.0/doc/ws.md#error-codes (read 2026-11-21) */
const FAULTS: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
};
