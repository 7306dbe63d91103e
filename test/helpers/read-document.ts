import type { CarrierDocument } from '../../shared/carrier.ts';
import { readXml } from './read-xml.ts';

/** A document as the simulator hands it to a carrier, by what it looks like. */
export function documentOf(body: string): CarrierDocument {
  return body.startsWith('<')
    ? { type: 'xml', root: readXml(body) }
    : { type: 'json', value: JSON.parse(body) };
}
