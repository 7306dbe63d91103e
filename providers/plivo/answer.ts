import type { HttpResponse } from '../../shared/http.ts';
import { digitsOf, withoutPlus } from '../../shared/party.ts';
import type { Call, StreamTarget } from '../../shared/provider.ts';
import { element } from '../../shared/xml.ts';
import { documents, type Documents } from '../documents.ts';

/**
 * The two attributes nobody may forget: without `keepCallAlive` the next element runs at once and ends the call, and
 * Plivo's pages disagree on the default `contentType`.
 *
 * @see https://docs.plivo.com/docs/voice/xml/audiostream (read 2026-11-21)
 */
const streamAttributes = {
  bidirectional: 'true',
  keepCallAlive: 'true',
  audioTrack: 'inbound',
  contentType: 'audio/x-mulaw;rate=8000',
};

const plivoXml = documents({ speak: 'Speak', number: withoutPlus });

export function connect({ url, call, afterUrl, streamStatusUrl }: StreamTarget): HttpResponse {
  const status = streamStatusUrl == null ? {} : { statusCallbackUrl: streamStatusUrl };
  const attributes = { ...streamAttributes, ...status, ...extraHeaders(call) };
  return plivoXml.connect(element('Stream', attributes, [url]), afterUrl);
}

export const decline: Documents['decline'] = plivoXml.decline;
export const hangUp: Documents['hangUp'] = plivoXml.hangUp;

/** Only letters and digits may stand there, so that a number goes without its "+" and a SIP URI not at all. */
function extraHeaders({ from, to }: Call): { extraHeaders?: string } {
  const pairs = Object.entries({ from: digitsOf(from), to: digitsOf(to) })
    .filter(([, digits]) => digits !== null)
    .map(([name, digits]) => `${name}=${digits}`);
  return pairs.length === 0 ? {} : { extraHeaders: pairs.join() };
}
