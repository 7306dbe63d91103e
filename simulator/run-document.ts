import type { Verb } from '../shared/carrier.ts';
import type { CallState, DocumentAddress } from './call-state.ts';
import { runStream } from './run-stream.ts';
import { askWebhook } from './webhook.ts';

/** Null when the call is over; otherwise where the next document is. */
export async function runDocument(
  request: DocumentAddress,
  state: CallState,
): Promise<DocumentAddress | null> {
  const { signal, fetch, clock, carrier } = state;
  const began = clock.now();
  const signed = carrier.ring(state.call, request, state.epoch());
  const answer = await askWebhook(carrier, signed, { fetch, signal });
  const took = Math.round(clock.now() - began);
  const { pathname } = new URL(request.url);
  const at = state.log.add(
    'webhook',
    `${request.method} ${pathname} answered ${answer.status ?? 'nothing'} in ${took} ms`,
  );
  state.answered ??= at;
  if ('failure' in answer) {
    state.failure ??= answer.failure;
    state.carrierError = answer.failure;
    return null;
  }
  state.log.add('document', answer.verbs.map(({ type }) => type).join(', ') || 'nothing');
  return runVerbs(answer.verbs, request, state);
}

async function runVerbs(
  verbs: readonly Verb[],
  base: DocumentAddress,
  state: CallState,
): Promise<DocumentAddress | null> {
  for (const verb of verbs) {
    if (state.signal.aborted) return null;
    switch (verb.type) {
      case 'stream':
        if (await runStream(verb, state)) break;
        return null;
      case 'say':
        state.spoken.push(verb.text);
        state.log.add('say', `the caller hears: "${verb.text}"`);
        break;
      case 'play':
        state.played.push(verb.url);
        state.log.add('play', `the caller hears: ${verb.url}`);
        break;
      case 'dial':
        state.dialled.push(verb.number);
        state.log.add('dial', verb.number);
        break;
      case 'redirect': {
        const { href: url } = new URL(verb.url, base.url);
        state.log.add('redirect', new URL(url).pathname);
        return { url, method: verb.method };
      }
      case 'hangUp':
        state.log.add('hang up', 'by the document');
        return null;
    }
  }
  return null;
}
