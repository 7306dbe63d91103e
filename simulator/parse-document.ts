import type { CarrierDocument } from '../shared/carrier.ts';
import { refusedDocument } from '../shared/document.ts';
import { isJson, MAX_JSON_DEPTH } from '../shared/json-text.ts';
import { readXml } from './xml-reader.ts';

/**
 * A document by its content type; null when that is neither XML nor JSON. Throws ERR_DOCUMENT_REFUSED when the text is not
 * what the type says.
 */
export function parseDocument(contentType: string, text: string): CarrierDocument | null {
  if (/^(?:text|application)\/xml *(?:;|$)/i.test(contentType)) return { type: 'xml', root: readXml(text) };
  if (!/^application\/json *(?:;|$)/i.test(contentType)) return null;
  if (isJson(text, MAX_JSON_DEPTH)) return { type: 'json', value: JSON.parse(text) };
  throw refusedDocument('it is not well-formed JSON, or nested too deep');
}
