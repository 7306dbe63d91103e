import type { Step } from '../shared/carrier.ts';
import { xml, type HttpResponse } from '../shared/http.ts';
import { untilLast } from '../shared/steps.ts';
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
  /** What an element that plays a file has to say besides. */
  readonly play?: Readonly<Record<string, string>>;
}

/** Seconds a dialled number rings before the next step: the default of Twilio and Telnyx; Plivo has none. */
const DIAL_TIMEOUT = '30';

export interface Documents {
  /** `stream`: the element that joins the call to our socket. `afterUrl`: see StreamTarget. */
  readonly connect: (stream: XmlElement, afterUrl: string | null) => HttpResponse;
  /** See Provider. */
  readonly decline: (steps: readonly Step[]) => HttpResponse;
  readonly hangUp: () => HttpResponse;
}

export function documents({ speak, text = same, number = same, url = same, play = {} }: Wording): Documents {
  const hangup = element('Hangup');
  const redirect = (to: string, method = 'POST'): XmlElement => element('Redirect', { method }, [url(to)]);

  /** Characters that XML cannot carry are dropped, and a carrier refuses to speak nothing. */
  function verbsOf(step: Step): XmlElement[] {
    switch (step.type) {
      case 'say':
        return xmlCharacters(step.text).trim() === '' ? [] : [element(speak, {}, [text(step.text)])];
      case 'play':
        return [element('Play', play, [url(step.url)])];
      case 'dial':
        return [element('Dial', { timeout: DIAL_TIMEOUT }, [element('Number', {}, [number(step.number)])])];
      case 'redirect':
        return [redirect(step.url, step.method)];
      case 'hangUp':
        return [hangup];
    }
  }

  return {
    connect: (stream, afterUrl) => document([stream, afterUrl === null ? hangup : redirect(afterUrl)]),
    decline: (steps) => document(untilLast(steps).flatMap(verbsOf)),
    hangUp: () => document([hangup]),
  };
}

function document(verbs: readonly XmlElement[]): HttpResponse {
  return xml(toXml(element('Response', {}, verbs)));
}

function same(text: string): string {
  return text;
}
