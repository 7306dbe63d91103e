import type { CarrierDocument, Verb } from './carrier.ts';
import { faultOfStreamUrl, jsonValue, refusedDocument } from './document.ts';
import { fieldsOf, type Fields } from './fields.ts';
import { lookUp } from './table.ts';

/** Reads one item of a document as the steps it stands for. Throws ERR_DOCUMENT_REFUSED. */
export interface ItemReader {
  /** The members it may have besides its word. */
  readonly members: readonly string[];
  readonly read: (item: Fields) => readonly Verb[];
}

/** The steps of a JSON array of objects, each of which says under `key` what it is. Throws ERR_DOCUMENT_REFUSED. */
export function readItems(
  document: CarrierDocument,
  key: string,
  readers: Readonly<Record<string, ItemReader>>,
): readonly Verb[] {
  const items = jsonValue(document);
  if (!Array.isArray(items)) throw refusedDocument('the document is not an array: begin with "["');
  return items.flatMap((value: unknown, index) => {
    const item = readObject(value, `[${index}].`);
    const word = item.string(key);
    const reader = lookUp(readers, word);
    if (!reader) throw refusedDocument(`"${word}" is not known here: use ${Object.keys(readers).join(', ')}`);
    checkMembers(item, [key, ...reader.members]);
    return reader.read(item);
  });
}

/** `path`: where the value stands, with a dot at its end. Throws ERR_DOCUMENT_REFUSED. */
export function readObject(value: unknown, path: string): Fields {
  return fieldsOf(value, 'ERR_DOCUMENT_REFUSED', path);
}

/** A misspelled member would be passed over in silence. Throws ERR_DOCUMENT_REFUSED. */
export function checkMembers({ names }: Fields, members: readonly string[]): void {
  const stranger = names.find((name) => !members.includes(name));
  if (stranger !== undefined)
    throw refusedDocument(`"${stranger}" is not known there: use ${members.join(', ')}`);
}

/** The one object in a list of one. Throws ERR_DOCUMENT_REFUSED. */
export function readSingle(item: Fields, key: string): Fields {
  const [value, ...others] = item.list(key);
  if (others.length === 0) return readObject(value, `${key}[0].`);
  throw refusedDocument(`"${key}" holds several: it takes one`);
}

/** Text that is there and not empty. Throws ERR_DOCUMENT_REFUSED. */
export function readText(item: Fields, key: string): string {
  const text = item.string(key);
  if (text.trim() !== '') return text;
  throw refusedDocument(`"${key}" is empty: give it a text, or leave the step out`);
}

/** Where a stream goes. Throws ERR_DOCUMENT_REFUSED. */
export function readStreamUrl(item: Fields, key: string): string {
  const url = item.string(key);
  if (faultOfStreamUrl(url) === null) return url;
  throw refusedDocument(`"${key}" is not a wss:// URL: set a public https URL`);
}

/** POST unless it says GET. Throws ERR_DOCUMENT_REFUSED. */
export function readMethod(item: Fields, key: string): 'GET' | 'POST' {
  const method = item.has(key) ? item.string(key) : 'POST';
  if (method === 'GET' || method === 'POST') return method;
  throw refusedDocument(`"${key}" is neither GET nor POST`);
}
