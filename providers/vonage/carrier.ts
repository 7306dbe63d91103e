import { randomUUID } from 'node:crypto';
import type { Carrier, DocumentAddress } from '../../shared/carrier.ts';
import type { Env } from '../../shared/env.ts';
import { withQuery } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { withoutPlus } from '../../shared/party.ts';
import type { Call } from '../../shared/provider.ts';
import { readDocument } from './document.ts';
import { readSettings } from './settings.ts';
import { authorize } from './signature.ts';
import { statusOf } from './status.ts';
import { CALL_HEADER, partiesIn } from './stream.ts';

/** Vonage's end of the line. Null without our variables. */
export function carrier(env: Env): Carrier | null {
  const found = readSettings(env);
  if (!found) return null;
  const settings = found; // for the function below
  function signed(
    parameters: Record<string, string>,
    { url, method }: DocumentAddress,
    now: number,
  ): HttpRequest {
    const query = new URLSearchParams(parameters).toString();
    const request: HttpRequest =
      method === 'GET'
        ? { method, url: withQuery(url, query), headers: {}, body: '' }
        : { method, url, headers: { 'content-type': 'application/json' }, body: JSON.stringify(parameters) };
    const authorization = authorize(request, settings, now);
    return { ...request, headers: { ...request.headers, 'user-agent': 'vonage', authorization } };
  }

  return {
    name: 'vonage',
    // Vonage names no figure; this is Twilio's.
    maxDocumentBytes: 65_536,
    newCall: (from, to) => ({ id: randomUUID(), from, to, direction: 'inbound' }),
    // The stream says what the document put into `headers`, and nothing else.
    newStream: (call, { [CALL_HEADER]: named = call.id, ...parameters }) => ({
      streamId: named,
      callId: named,
      accountId: '',
      ...partiesIn(parameters),
      format: { encoding: 'l16', sampleRate: 8000 },
      parameters,
    }),
    ring: (call, to, now) => signed(formOf(call), to, now),
    // Events are posted, whatever the answer webhook's method.
    status: (call, event, { url }, now) => signed(statusOf(call, event), { url, method: 'POST' }, now),
    upgradeHeaders: () => ({}),
    readDocument,
  };
}

function formOf({ id, from, to }: Call): Record<string, string> {
  const caller = from.startsWith('client:')
    ? { from_user: from.slice('client:'.length) }
    : { from: withoutPlus(from) };
  return { ...caller, to: withoutPlus(to), uuid: id, conversation_uuid: `CON-${id}` };
}
