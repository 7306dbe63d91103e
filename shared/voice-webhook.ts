import type { Answer, Answers } from './answers.ts';
import { queryOf, readForm } from './form.ts';
import { refusal, type HttpHandler, type HttpRequest, type HttpResponse } from './http.ts';
import type { Call, Fallback, Provider } from './provider.ts';
import type { StartSession } from './start.ts';

/** What became of a webhook, for whoever keeps the log. */
export type WebhookOutcome =
  | { readonly type: 'refused'; readonly status: number; readonly reason: string }
  | { readonly type: 'connected'; readonly call: Call; readonly sessionId: string }
  | { readonly type: 'declined'; readonly call: Call; readonly error: unknown };

export interface VoiceWebhookOptions {
  readonly provider: Provider;
  readonly start: StartSession;
  /** Which agent takes this call; null is the default agent. */
  readonly agentFor: (call: Call) => string | null;
  readonly fallbackFor: (call: Call) => Fallback;
  /** See StreamTarget. */
  readonly afterUrl: string | null;
  readonly answers: Answers;
  readonly onOutcome?: (outcome: WebhookOutcome) => void;
}

/** The voice webhook of every provider: signature, call, session, document. */
export function voiceWebhook(options: VoiceWebhookOptions): HttpHandler {
  const { provider, start, agentFor, fallbackFor, afterUrl, answers, onOutcome } = options;

  async function answer(call: Call): Promise<Answer> {
    try {
      const session = await start({ agent: agentFor(call), transport: provider.name, call, body: null });
      onOutcome?.({ type: 'connected', call, sessionId: session.sessionId });
      const url = session.token === null ? session.wsUrl : `${session.wsUrl}/${session.token}`;
      return { response: provider.connect({ url, call, afterUrl }), keep: true };
    } catch (error) {
      // A carrier that gets no document plays its own error message: the caller always gets ours.
      onOutcome?.({ type: 'declined', call, error });
      return { response: provider.decline(fallbackFor(call)), keep: false };
    }
  }

  return async (request) => {
    const read = await readWebhook(provider, request);
    if ('refused' in read) {
      onOutcome?.({ type: 'refused', status: read.refused.status, reason: read.reason });
      return read.refused;
    }
    return answers.once(`${provider.name} ${read.call.id}`, () => answer(read.call));
  };
}

/** A genuine webhook's call; or the refusal, with a `reason` that is for our log only. */
export type ReadWebhook =
  | { readonly call: Call }
  | { readonly refused: HttpResponse; readonly reason: string };

/** The first half of every carrier callback: is it well-formed, is it the carrier, which call is it about? */
export async function readWebhook(provider: Provider, request: HttpRequest): Promise<ReadWebhook> {
  const malformed = malformedWebhook(request);
  if (malformed) return { refused: malformed, reason: `malformed: ${malformed.status}` };
  const signature = await provider.verify(request);
  if (!signature.ok) {
    const refused = refusal(
      403,
      '403',
      'The signature of this webhook is missing or wrong: nothing was started.',
    );
    return { refused, reason: signature.reason };
  }
  const call = provider.readCall(request);
  if (call) return { call };
  const error = `This request does not describe one call of the configured ${provider.name} account.`;
  return { refused: refusal(400, '400', error), reason: 'no call in a signed request' };
}

/** 405, 415 or 400 for what no carrier sends, decided before any cryptography. */
function malformedWebhook({ method, url, headers, body }: HttpRequest): HttpResponse | null {
  if (method !== 'GET' && method !== 'POST') {
    return refusal(405, '405', 'A voice webhook is a GET or a POST.', { headers: { allow: 'GET, POST' } });
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    return refusal(415, '415', 'Send the form without a content encoding.');
  }
  const type = headers['content-type'] ?? '';
  if (method === 'POST' && !/^application\/x-www-form-urlencoded *(; *charset="?utf-8"?)? *$/i.test(type)) {
    return refusal(415, '415', 'A voice webhook is sent as application/x-www-form-urlencoded.');
  }
  if (method === 'GET' && body !== '') return refusal(400, '400', 'A GET has no body.');
  if (!readForm(queryOf(url)) || !readForm(body)) {
    return refusal(400, '400', 'A parameter is repeated, or there are too many of them.');
  }
  return null;
}
