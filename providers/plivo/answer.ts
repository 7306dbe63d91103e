import type { HttpResponse } from '../../shared/http.ts';
import { xml } from '../../shared/http.ts';
import { digitsOf } from '../../shared/party.ts';
import type { Call, Fallback, StreamTarget } from '../../shared/provider.ts';
import { element, xmlCharacters, type XmlElement } from '../../shared/xml.ts';
import { toXml } from '../xml.ts';
import { withoutPlus } from './call.ts';

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

export function connect({ url, call, afterUrl }: StreamTarget): HttpResponse {
  const stream = element('Stream', { ...streamAttributes, ...extraHeaders(call) }, [url]);
  return document([stream, afterUrl === null ? hangup() : redirect(afterUrl)]);
}

export function decline({ say, dial, redirect: url }: Fallback): HttpResponse {
  return document([
    ...(isSpoken(say) ? [element('Speak', {}, [say])] : []),
    ...(dial === undefined ? [] : [element('Dial', {}, [element('Number', {}, [withoutPlus(dial)])])]),
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

/** Only letters and digits may stand there, so that a number goes without its "+" and a SIP URI not at all. */
function extraHeaders({ from, to }: Call): { extraHeaders?: string } {
  const pairs = Object.entries({ from: digitsOf(from), to: digitsOf(to) })
    .filter(([, digits]) => digits !== null)
    .map(([name, digits]) => `${name}=${digits}`);
  return pairs.length === 0 ? {} : { extraHeaders: pairs.join() };
}

function isSpoken(sentence: string | undefined): sentence is string {
  return sentence !== undefined && xmlCharacters(sentence).trim() !== '';
}
