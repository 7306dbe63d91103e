import { GatewayError } from '../../shared/errors.ts';

const INSTANT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.([0-9]{1,9}))?Z$/;

/** An instant of ISO 8601 with up to nine decimals, as milliseconds since the epoch. Throws ERR_FRAME_INVALID. */
export function readInstant(text: string): number {
  const [whole, decimals = ''] = INSTANT.exec(text) ?? [];
  const seconds = whole === undefined ? Number.NaN : Date.parse(text.replace(/\.[0-9]+Z$/, 'Z'));
  if (Number.isNaN(seconds)) throw new GatewayError('ERR_FRAME_INVALID', 'occurred_at is not an instant');
  return seconds + Number(decimals.slice(0, 6).padEnd(6, '0')) / 1000;
}

/** The same with six decimals, as Telnyx writes it. */
export function writeInstant(milliseconds: number): string {
  const microseconds = Math.round(milliseconds * 1000);
  const seconds = Math.floor(microseconds / 1_000_000);
  const decimals = `${microseconds - seconds * 1_000_000}`.padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${decimals}Z`;
}
