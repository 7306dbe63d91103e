import pino from 'pino';
import type { Call } from '../shared/provider.ts';
import { maskToken } from './token.ts';

/** The part of pino we lean on. One line per session event; never one per message. */
export interface Log {
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

/** Characters of one field that came from outside. */
const MAX_FIELD = 256;
const TOKENS = /[A-Za-z0-9_-]{60,400}\.[A-Za-z0-9_-]{43}/g;
/** What every token ends with: looked for first, because it is found, or not, thirty times as fast. */
const MAYBE_TOKEN = /\.[A-Za-z0-9_-]{43}/;

/** What replaces a secret wherever it would be written. */
export type Mask = (text: string) => string;

/** Hides everything that looks like a token, and every one of `secrets` by its value. */
export function maskSecrets(secrets: readonly string[]): Mask {
  // The longest first, so that a secret which contains another one goes as a whole.
  const known = secrets.filter((secret) => secret.length >= 8).toSorted((a, b) => b.length - a.length);
  const any = new RegExp(known.map(escaped).join('|') || '(?!)', 'g');
  return (text) => {
    const masked = text.replace(any, '[secret]');
    return MAYBE_TOKEN.test(masked) ? masked.replace(TOKENS, maskToken) : masked;
  };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** The last four digits: enough to find a call, useless to ring somebody. */
export function maskNumber(number: string): string {
  return number.length > 4 ? `…${number.slice(-4)}` : '…';
}

/** Somebody else's words, in which there may be numbers. */
export function maskNumbers(text: string): string {
  return text.replace(/\+?\d{7,}/g, (number) => maskNumber(number));
}

/** A call as it may stand in a log. */
export function loggedCall(call: Call | null): object {
  return call
    ? { callId: call.id.slice(0, MAX_FIELD), from: maskNumber(call.from), to: maskNumber(call.to) }
    : {};
}

/** Text from outside, cut. JSON escapes its control characters. */
export function logged(text: string): string {
  return text.length > MAX_FIELD ? `${text.slice(0, MAX_FIELD)}…` : text;
}

/** An expected failure: its name, words and cause, without a stack. */
export function loggedError(error: unknown): object {
  if (!(error instanceof Error)) return { error: logged(String(error)) };
  const code = 'code' in error ? { code: String(error.code) } : {};
  const cause = error.cause instanceof Error ? { cause: logged(error.cause.message) } : {};
  return { error: logged(error.message), ...code, ...cause };
}

/** JSON lines on `destination`; every line passes `mask` on its way out, whoever wrote it. */
export function createLog(destination: pino.DestinationStream, mask: Mask): Log {
  const options: pino.LoggerOptions = {
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    hooks: { streamWrite: mask },
  };
  return pino(options, destination);
}
