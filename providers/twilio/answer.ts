import { xml, type HttpResponse } from '../../shared/http.ts';
import type { Fallback, StreamTarget } from '../../shared/provider.ts';
import { element, xmlCharacters, type XmlElement } from '../../shared/xml.ts';
import { toXml } from '../xml.ts';

/**
 * Characters of a parameter's name and value together; Twilio wants fewer than 500.
 *
 * @see https://www.twilio.com/docs/voice/twiml/stream (read 2026-11-21)
 */
export const MAX_PARAMETER = 499;

/** @see https://www.twilio.com/docs/voice/twiml/connect (read 2026-11-21) */
export function connect({ url, call, afterUrl }: StreamTarget): HttpResponse {
  const parameters = [parameter('from_number', call.from), parameter('to_number', call.to)].flat();
  const stream = element('Stream', { url, track: 'inbound_track' }, parameters);
  return document([element('Connect', {}, [stream]), afterUrl === null ? hangup() : redirect(afterUrl)]);
}

export function decline({ say, dial, redirect: url }: Fallback): HttpResponse {
  return document([
    ...(isSpoken(say) ? [element('Say', {}, [say])] : []),
    ...(dial === undefined ? [] : [element('Dial', {}, [element('Number', {}, [dial])])]),
    url === undefined ? hangup() : redirect(url),
  ]);
}

export function hangUp(): HttpResponse {
  return document([hangup()]);
}

function document(verbs: readonly XmlElement[]): HttpResponse {
  return xml(toXml(element('Response', {}, verbs)));
}

function hangup(): XmlElement {
  return element('Hangup');
}

function redirect(url: string): XmlElement {
  return element('Redirect', { method: 'POST' }, [url]);
}

/** Left out when it is too long to be carried: the bot finds the numbers in its body as well. */
function parameter(name: string, value: string): XmlElement[] {
  return name.length + value.length > MAX_PARAMETER ? [] : [element('Parameter', { name, value })];
}

function isSpoken(sentence: string | undefined): sentence is string {
  return sentence !== undefined && xmlCharacters(sentence).trim() !== '';
}
