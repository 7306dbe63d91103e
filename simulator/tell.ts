import type { CallEvent } from '../shared/call-status.ts';
import type { HttpRequest } from '../shared/http.ts';
import type { CallState, DocumentAddress } from './call-state.ts';
import { post } from './webhook.ts';

type Untimed<E> = E extends CallEvent ? Omit<E, 'sentAt' | 'sequence'> : never;

/**
 * Reports an event as the carrier does: beside the call, one after the other. Carriers do not look at the answer; the
 * timeline shows one that is no 2xx.
 */
export function tell(
  event: Untimed<CallEvent>,
  to: DocumentAddress | null | undefined,
  state: CallState,
): void {
  const { carrier, call, epoch } = state;
  if (!to || !carrier.status) return;
  const told = { ...event, sentAt: epoch(), sequence: state.told };
  state.told += 1;
  const request = carrier.status(call, told, to, epoch());
  state.telling = state.telling.then(() => send(event.type, request, state));
}

async function send(type: string, request: HttpRequest, { fetch, log }: CallState): Promise<void> {
  try {
    const { ok, status, body } = await post(request, { fetch, signal: new AbortController().signal });
    await body?.cancel();
    if (!ok) log.add('callback', `${type} answered ${status}`);
  } catch {
    log.add('callback', `${type} was not answered`);
  }
}
