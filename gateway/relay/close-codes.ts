/** Codes that an endpoint may put in a close frame: RFC 6455 §7.4, and IANA's registry (1012 to 1014; read 2026-11-21). */
export function isReceivableCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}
