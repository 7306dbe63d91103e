import type { HttpResponse } from '../../shared/http.ts';
import type { StreamTarget } from '../../shared/provider.ts';
import { element, xmlCharacters } from '../../shared/xml.ts';
import { documents, type Documents } from '../documents.ts';

/**
 * What Telnyx would do otherwise: send the call's own codec, take MP3 from us (the caller hears nothing), and open a lost
 * socket again at the same URL, whose token is spent.
 *
 * @see https://developers.telnyx.com/docs/voice/programmable-voice/texml-verbs/stream (read 2026-11-21)
 */
const streamAttributes = {
  track: 'inbound_track',
  codec: 'PCMU',
  bidirectionalMode: 'rtp',
  bidirectionalCodec: 'PCMU',
  bidirectionalSamplingRate: '8000',
  enableReconnect: 'false',
};

/**
 * A file that cannot be had would end the whole document, and with it the call.
 *
 * @see https://developers.telnyx.com/docs/voice/programmable-voice/texml-verbs/play (read 2026-11-21)
 */
const playAttributes = { continueOnError: 'true' };

const texml = documents({
  speak: 'Say',
  text: plain,
  number: plain,
  url: plainUrl,
  play: playAttributes,
});

export function connect({ url, call, afterUrl, streamStatusUrl }: StreamTarget): HttpResponse {
  const parameters = Object.entries({ from_number: call.from, to_number: call.to }).map(([name, value]) =>
    element('Parameter', { name, value: plain(value) }),
  );
  const status = streamStatusUrl == null ? {} : { statusCallback: plainUrl(streamStatusUrl) };
  const stream = element('Stream', { url: plainUrl(url), ...streamAttributes, ...status }, parameters);
  return texml.connect(element('Connect', {}, [stream]), afterUrl);
}

export const decline: Documents['decline'] = texml.decline;
export const hangUp: Documents['hangUp'] = texml.hangUp;

/**
 * Text without double braces: Telnyx fills them in as a template before it reads the document.
 *
 * @see https://github.com/team-telnyx/knowledge-base/blob/96101f563d385f87f8cb3d10214a3ea68cdfc6bc/wiki/runbooks/texml-interpreter.md (read 2026-11-21)
 */
function plain(text: string): string {
  return xmlCharacters(text).replace(/\{(?=\{)/g, '{ ');
}

function plainUrl(url: string): string {
  return url.replaceAll('{', '%7B');
}
