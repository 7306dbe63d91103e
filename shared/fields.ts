import { GatewayError, type ErrorCode } from './errors.ts';

/** A JSON object from outside, read field by field. Every reader throws, naming the path it wanted. */
export interface Fields {
  has(key: string): boolean;
  string(key: string): string;
  number(key: string): number;
  object(key: string): Fields;
  /** All string members of the object under `key`; empty when there is none. */
  strings(key: string): Record<string, string>;
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

function fieldsOf(value: unknown, code: ErrorCode, path: string): Fields {
  if (!isRecord(value)) throw new GatewayError(code, `${path.slice(0, -1) || 'message'} is not an object`);

  const own = (key: string): unknown => (Object.hasOwn(value, key) ? value[key] : undefined);
  const wrong = (key: string, type: string): GatewayError =>
    new GatewayError(code, `${path}${key} is not a ${type}`);

  return {
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
    object: (key) => fieldsOf(own(key), code, `${path}${key}.`),
    strings(key) {
      const found = own(key);
      const entries = isRecord(found) ? Object.entries(found) : [];
      return Object.fromEntries(
        entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      );
    },
  };
}

/** A JSON object: not null, not an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
