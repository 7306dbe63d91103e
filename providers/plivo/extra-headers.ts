import { isRecord } from '../../shared/fields.ts';
import { jsonIn } from '../../shared/json-text.ts';
import { withPlus } from '../../shared/party.ts';

/**
 * Parameters as Plivo hands them back: `k=v;k2=v2`, although the attribute that sent them used commas. Its own readers
 * take a JSON object in a string as well. Pairs without "=" are left out.
 *
 * @see https://github.com/plivo/plivo-stream-sdk-python, plivo_stream/types.py (read 2026-11-21)
 */
export function readExtraHeaders(text: string): Readonly<Record<string, string>> {
  const pairs = text.startsWith('{') ? jsonPairs(text) : text.split(';').map(pairOf);
  return Object.fromEntries(pairs.filter((pair) => pair !== null));
}

export function writeExtraHeaders(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join(';');
}

/** Pairs of the attribute `extraHeaders`: commas there. Null unless all names and values are letters and digits. */
export function readAttribute(text: string): Readonly<Record<string, string>> | null {
  if (!/^[A-Za-z0-9]+=[A-Za-z0-9]+(?:,[A-Za-z0-9]+=[A-Za-z0-9]+)*$/.test(text)) return null;
  return readExtraHeaders(text.replaceAll(',', ';'));
}

/** What our own document asked Plivo to send back: its messages have no place of their own for the numbers. */
export function numbersIn({ from, to }: Readonly<Record<string, string>>): {
  from: string | null;
  to: string | null;
} {
  return { from: from === undefined ? null : withPlus(from), to: to === undefined ? null : withPlus(to) };
}

function pairOf(text: string): [string, string] | null {
  const at = text.indexOf('=');
  return at < 1 ? null : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function jsonPairs(text: string): [string, string][] {
  const value = jsonIn(text);
  const entries = isRecord(value) ? Object.entries(value) : [];
  return entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}
