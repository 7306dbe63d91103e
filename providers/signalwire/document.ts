import type { Verb } from '../../shared/carrier.ts';
import { refusedDocument } from '../../shared/document.ts';
import { elementsOf, type XmlElement } from '../../shared/xml.ts';
import { readDocument as readTwiml, type FaultNames } from '../twilio/document.ts';
import { CODEC } from './answer.ts';

/** `StreamError` of its stream callbacks; a query has none: it is simply not supported. Sources: see README.md. */
const names: FaultNames = {
  malformed: 'SignalWire invalid_url',
  scheme: 'SignalWire invalid_url',
  query: 'SignalWire',
  track: 'SignalWire invalid_track',
};

/** Reads cXML: TwiML, and a codec that SignalWire streams and this project speaks. */
export function readDocument(root: XmlElement): readonly Verb[] {
  for (const stream of elementsOf(root).flatMap(elementsOf)) {
    if (stream.name !== 'Stream' || (stream.attributes['codec'] ?? CODEC) === CODEC) continue;
    throw refusedDocument(
      `SignalWire codec_error: <Stream codec> is another than the one spoken here: set codec="${CODEC}"`,
    );
  }
  return readTwiml(root, names);
}
