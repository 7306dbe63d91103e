import { xml, type HttpResponse } from '../shared/http.ts';
import type { Fallback } from '../shared/provider.ts';
import { element, xmlCharacters, type XmlElement } from '../shared/xml.ts';
import { toXml } from './xml.ts';

/** What varies in the documents of carriers that all descend from TwiML. The functions default to leaving text alone. */
export interface Wording {
  /** The element that speaks. */
  readonly speak: 'Say' | 'Speak';
  readonly text?: (text: string) => string;
  /** E.164 to the carrier's own spelling. */
  readonly number?: (number: string) => string;
  readonly url?: (url: string) => string;
}

export interface Documents {
  /** `stream`: the element that joins the call to our socket. `afterUrl`: see StreamTarget. */
  readonly connect: (stream: XmlElement, afterUrl: string | null) => HttpResponse;
  /** See Provider. */
  readonly decline: (fallback: Fallback) => HttpResponse;
  readonly hangUp: () => HttpResponse;
}

export function documents({ speak, text = same, number = same, url = same }: Wording): Documents {
  const hangup = element('Hangup');
  const redirect = (to: string): XmlElement => element('Redirect', { method: 'POST' }, [url(to)]);
  const last = (to: string | null | undefined): XmlElement => (to == null ? hangup : redirect(to));

  return {
    connect: (stream, afterUrl) => document([stream, last(afterUrl)]),
    decline: ({ say = '', dial, redirect: to }) =>
      document([
        // Characters that XML cannot carry are dropped, and a carrier refuses to speak nothing.
        ...(xmlCharacters(say).trim() === '' ? [] : [element(speak, {}, [text(say)])]),
        ...(dial === undefined ? [] : [element('Dial', {}, [element('Number', {}, [number(dial)])])]),
        last(to),
      ]),
    hangUp: () => document([hangup]),
  };
}

function document(verbs: readonly XmlElement[]): HttpResponse {
  return xml(toXml(element('Response', {}, verbs)));
}

function same(text: string): string {
  return text;
}
