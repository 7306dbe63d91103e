import type { Step } from '../../shared/carrier.ts';
import { json, type HttpResponse } from '../../shared/http.ts';
import type { StreamTarget } from '../../shared/provider.ts';
import { untilLast } from '../../shared/steps.ts';
import { xmlCharacters } from '../../shared/xml.ts';

type Item = Readonly<Record<string, unknown>>;

/**
 * What Jambonz would do otherwise: keep keys to itself, and take base64 of whole files from us instead of binary audio.
 *
 * @see https://docs.jambonz.org/verbs/verbs/listen (read 2026-11-21)
 */
const listening = {
  mixType: 'mono',
  sampleRate: 8000,
  passDtmf: true,
  bidirectionalAudio: { enabled: true, streaming: true, sampleRate: 8000 },
};

export function connect({ url, call, afterUrl }: StreamTarget): HttpResponse {
  const metadata = { from_number: call.from, to_number: call.to };
  return json(200, [
    { verb: 'listen', url, ...listening, metadata },
    afterUrl === null ? { verb: 'hangup' } : redirect(afterUrl, 'POST'),
  ]);
}

export function decline(steps: readonly Step[]): HttpResponse {
  return json(200, untilLast(steps).flatMap(itemsOf));
}

export function hangUp(): HttpResponse {
  return json(200, [{ verb: 'hangup' }]);
}

function itemsOf(step: Step): Item[] {
  switch (step.type) {
    case 'say':
      return xmlCharacters(step.text).trim() === '' ? [] : [{ verb: 'say', text: step.text }];
    case 'play':
      return [{ verb: 'play', url: step.url }];
    case 'dial':
      return [{ verb: 'dial', target: [{ type: 'phone', number: step.number }] }];
    case 'redirect':
      return [redirect(step.url, step.method)];
    case 'hangUp':
      return [{ verb: 'hangup' }];
  }
}

function redirect(url: string, method: string): Item {
  return { verb: 'redirect', actionHook: { url, method } };
}
