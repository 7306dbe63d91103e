import type { Step } from '../../shared/carrier.ts';
import { json, type HttpResponse } from '../../shared/http.ts';
import { withoutPlus } from '../../shared/party.ts';
import type { Call, StreamTarget } from '../../shared/provider.ts';
import { untilLast } from '../../shared/steps.ts';
import { xmlCharacters } from '../../shared/xml.ts';
import { CALL_HEADER } from './stream.ts';

/** Bytes of a websocket's `headers` as JSON. @see https://developer.vonage.com/voice/voice-api/ncco-reference (read 2026-11-21) */
export const MAX_HEADERS_BYTES = 512;

/** Characters of one `talk`. @see https://developer.vonage.com/voice/voice-api/ncco-reference (read 2026-11-21) */
export const MAX_TALK = 1500;

type Action = Readonly<Record<string, unknown>>;

/**
 * The token stands in the path, as with every carrier. `authorization` of the endpoint could carry it as well, but two places
 * for one secret are two places to leak it from.
 */
export function connect({ url, call, afterUrl }: StreamTarget): HttpResponse {
  const endpoint = {
    type: 'websocket',
    uri: url,
    'content-type': 'audio/l16;rate=8000',
    headers: headersOf(call),
  };
  const stream = { action: 'connect', endpoint: [endpoint] };
  return json(200, [stream, ...(afterUrl === null ? [] : [notify(afterUrl, 'POST', call)])]);
}

/** `call`: whose it is, so that a redirect may say so. */
export function decline(steps: readonly Step[], call?: Call): HttpResponse {
  return json(
    200,
    untilLast(steps).flatMap((step) => actionsOf(step, call)),
  );
}

/** An NCCO without a further action ends the call. */
export function hangUp(): HttpResponse {
  return json(200, []);
}

function actionsOf(step: Step, call: Call | undefined): Action[] {
  switch (step.type) {
    case 'say':
      return talk(step.text);
    case 'play':
      return [{ action: 'stream', streamUrl: [step.url] }];
    case 'dial': {
      const endpoint = { type: 'phone', number: withoutPlus(step.number) };
      // A caller id must be one of the account's numbers: this lets Vonage choose among the application's.
      return [{ action: 'connect', randomFromNumber: true, endpoint: [endpoint] }];
    }
    case 'redirect':
      return [notify(step.url, step.method, call)];
    case 'hangUp':
      return [];
  }
}

function talk(text: string): Action[] {
  const spoken = Array.from({ length: Math.ceil(text.length / MAX_TALK) }, (_, part) =>
    text.slice(part * MAX_TALK, (part + 1) * MAX_TALK),
  );
  return spoken
    .filter((part) => xmlCharacters(part).trim() !== '')
    .map((part) => ({ action: 'talk', text: part }));
}

/** There is no redirect: `notify` asks `url`, and what that answers takes the place of the rest. */
function notify(url: string, method: string, call: Call | undefined): Action {
  const payload = call ? { uuid: call.id, from: withoutPlus(call.from), to: withoutPlus(call.to) } : {};
  return { action: 'notify', payload, eventUrl: [url], eventMethod: method };
}

/** All that the stream will say about its call. Parties that are too long are left out: the session has them. */
function headersOf({ id, from, to }: Call): Readonly<Record<string, string>> {
  const headers = { [CALL_HEADER]: id, from_number: withoutPlus(from), to_number: withoutPlus(to) };
  return Buffer.byteLength(JSON.stringify(headers)) <= MAX_HEADERS_BYTES ? headers : { [CALL_HEADER]: id };
}
