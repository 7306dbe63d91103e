import { GatewayError, type ErrorCode } from './errors.ts';
import { jsonIn } from './json-text.ts';

/** A JSON object from outside, read field by field. Every reader throws, naming the path it wanted. */
export interface Fields {
  has(key: string): boolean;
  string(key: string): string;
  number(key: string): number;
  boolean(key: string): boolean;
  object(key: string): Fields;
  list(key: string): readonly unknown[];
  /** Names of all members. */
  readonly names: readonly string[];
  /** All string members of the object under `key`; empty when there is none. */
  strings(key: string): Record<string, string>;
  /** All string members of this very object, without some. */
  stringsBut(names: readonly string[]): Record<string, string>;
}

/** Parses text that must be a JSON object. Throws `code` for anything else, now or while reading. */
export function parseFields(text: string, code: ErrorCode): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // No `cause`: the parser's message quotes the text, and the text may hold a secret.
    throw new GatewayError(code, 'not JSON');
  }
  return fieldsOf(value, code, '');
}

/** The same, whose readers throw ERR_REQUEST_INVALID; null for text that is no JSON object. */
export function fieldsIn(text: string): Fields | null {
  const value = jsonIn(text);
  return isRecord(value) ? fieldsOf(value, 'ERR_REQUEST_INVALID', '') : null;
}

/** A value that must be a JSON object. `path`: where it was found, with a dot at its end. */
export function fieldsOf(value: unknown, code: ErrorCode, path: string): Fields {
  if (!isRecord(value)) throw new GatewayError(code, `${path.slice(0, -1) || 'message'} is not an object`);

  const own = (key: string): unknown => (Object.hasOwn(value, key) ? value[key] : undefined);
  const wrong = (key: string, type: string): GatewayError =>
    new GatewayError(code, `${path}${key} is not a ${type}`);

  return {
    names: Object.keys(value),
    has: (key) => Object.hasOwn(value, key),
    string(key) {
      const found = own(key);
      if (typeof found !== 'string') throw wrong(key, 'string');
      return found;
    },
    number(key) {
      const found = own(key);
      if (typeof found !== 'number') throw wrong(key, 'number');
      return found;
    },
    boolean(key) {
      const found = own(key);
      if (typeof found !== 'boolean') throw wrong(key, 'boolean');
      return found;
    },
    list(key) {
      const found = own(key);
      if (!Array.isArray(found)) throw wrong(key, 'list');
      return found;
    },
    object: (key) => fieldsOf(own(key), code, `${path}${key}.`),
    strings: (key) => stringsIn(own(key)),
    stringsBut: (names) =>
      Object.fromEntries(Object.entries(stringsIn(value)).filter(([name]) => !names.includes(name))),
  };
}

function stringsIn(value: unknown): Record<string, string> {
  const entries = isRecord(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** A JSON object: not null, not an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
