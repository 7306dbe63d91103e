import type { HttpResponse } from '../../shared/http.ts';
import type { StreamTarget } from '../../shared/provider.ts';
import { element, type XmlElement } from '../../shared/xml.ts';
import { documents, type Documents } from '../documents.ts';

/**
 * Characters of a parameter's name and value together; Twilio wants fewer than 500.
 *
 * @see https://www.twilio.com/docs/voice/twiml/stream (read 2026-11-21)
 */
export const MAX_PARAMETER = 499;

const twiml = documents({ speak: 'Say' });

/** @see https://www.twilio.com/docs/voice/twiml/connect (read 2026-11-21) */
export function connect(
  { url, call, afterUrl, streamStatusUrl }: StreamTarget,
  dialect: XmlElement['attributes'] = {},
): HttpResponse {
  const parameters = [parameter('from_number', call.from), parameter('to_number', call.to)].flat();
  const status = streamStatusUrl == null ? {} : { statusCallback: streamStatusUrl };
  const stream = element('Stream', { url, track: 'inbound_track', ...status, ...dialect }, parameters);
  return twiml.connect(element('Connect', {}, [stream]), afterUrl);
}

export const decline: Documents['decline'] = twiml.decline;
export const hangUp: Documents['hangUp'] = twiml.hangUp;

/** Left out when it is too long to be carried: the bot finds the numbers in its body as well. */
function parameter(name: string, value: string): XmlElement[] {
  return name.length + value.length > MAX_PARAMETER ? [] : [element('Parameter', { name, value })];
}
