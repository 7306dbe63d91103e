import type { Answer, Answers } from './answers.ts';
import type { Step } from './carrier.ts';
import { MAX_PARAMETERS, queryOf, readForm } from './form.ts';
import { refusal, type HttpHandler, type HttpRequest, type HttpResponse } from './http.ts';
import { MAX_JSON_DEPTH, membersOf } from './json-text.ts';
import type { Call, Provider } from './provider.ts';
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
  /** What the caller gets when there is no session. */
  readonly stepsFor: (call: Call) => readonly Step[];
  /** See StreamTarget. */
  readonly afterUrl: string | null;
  readonly streamStatusUrl?: string | null;
  readonly answers: Answers;
  /** What an answer is remembered by, beside the provider: the call's id when not given. */
  readonly keyOf?: (call: Call) => string;
  readonly onOutcome?: (outcome: WebhookOutcome) => void;
}

/** The voice webhook of every provider: signature, call, session, document. */
export function voiceWebhook(options: VoiceWebhookOptions): HttpHandler {
  const { provider, start, agentFor, stepsFor, afterUrl, streamStatusUrl = null } = options;
  const { answers, keyOf = ({ id }) => id, onOutcome } = options;

  async function answer(call: Call): Promise<Answer> {
    try {
      const session = await start({ agent: agentFor(call), transport: provider.name, call, body: null });
      onOutcome?.({ type: 'connected', call, sessionId: session.sessionId });
      const url = session.token === null ? session.wsUrl : `${session.wsUrl}/${session.token}`;
      return { response: provider.connect({ url, call, afterUrl, streamStatusUrl }), keep: true };
    } catch (error) {
      // A carrier that gets no document plays its own error message: the caller always gets ours.
      onOutcome?.({ type: 'declined', call, error });
      return { response: provider.decline(stepsFor(call), call), keep: false };
    }
  }

  return async (request) => {
    const read = await readWebhook(provider, request);
    if ('refused' in read) {
      onOutcome?.({ type: 'refused', status: read.refused.status, reason: read.reason });
      return read.refused;
    }
    return answers.once(`${provider.name} ${keyOf(read.call)}`, () => answer(read.call));
  };
}

/** A genuine webhook's call; or the refusal, with a `reason` that is for our log only. */
export type ReadWebhook =
  | { readonly call: Call }
  | { readonly refused: HttpResponse; readonly reason: string };

/** The first half of every carrier callback: is it well-formed, is it the carrier, which call is it about? */
export async function readWebhook(provider: Provider, request: HttpRequest): Promise<ReadWebhook> {
  const read = await readGenuine(provider, request, (genuine) => provider.readCall(genuine));
  return 'refused' in read ? read : { call: read.found };
}

/** The same for any callback: `read` is asked about a genuine request only, and finds null in one that it does not take. */
export async function readGenuine<T>(
  provider: Provider,
  request: HttpRequest,
  read: (request: HttpRequest) => T | null,
): Promise<{ readonly found: T } | Extract<ReadWebhook, { refused: unknown }>> {
  const malformed = malformedWebhook(request, provider.bodyType ?? 'form');
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
  const found = read(request);
  if (found !== null) return { found };
  const error = `This request does not describe one call of the configured ${provider.name} account.`;
  return { refused: refusal(400, '400', error), reason: 'no call in a signed request' };
}

/** What carriers' bodies look like, by their type. */
const bodies = {
  form: {
    type: 'application/x-www-form-urlencoded',
    isSound: (body: string) => readForm(body) !== null,
    fault: 'A parameter is repeated, or there are too many of them.',
  },
  json: {
    type: 'application/json',
    isSound: (body: string) => {
      const members = membersOf(body, MAX_JSON_DEPTH);
      return members !== null && members.size <= MAX_PARAMETERS;
    },
    fault: 'This is no JSON object, or one that repeats a member, has too many, or is nested too deep.',
  },
};

/** 405, 415 or 400 for what no carrier sends, decided before any cryptography. */
function malformedWebhook(
  { method, url, headers, body }: HttpRequest,
  bodyType: NonNullable<Provider['bodyType']>,
): HttpResponse | null {
  const expected = bodies[bodyType];
  if (method !== 'GET' && method !== 'POST') {
    return refusal(405, '405', 'A voice webhook is a GET or a POST.', { headers: { allow: 'GET, POST' } });
  }
  const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = headers;
  if (encoding !== 'identity') {
    return refusal(415, '415', `Send the ${bodyType} without a content encoding.`);
  }
  return method === 'POST' && !isOfType(type, expected.type)
    ? refusal(415, '415', `A voice webhook is sent as ${expected.type}.`)
    : malformedParameters({ method, url, body }, expected);
}

function malformedParameters(
  { method, url, body }: Pick<HttpRequest, 'method' | 'url' | 'body'>,
  { isSound, fault }: (typeof bodies)[keyof typeof bodies],
): HttpResponse | null {
  if (method === 'GET' && body !== '') return refusal(400, '400', 'A GET has no body.');
  const areSound = readForm(queryOf(url)) !== null && (method === 'GET' || isSound(body));
  return areSound ? null : refusal(400, '400', fault);
}

function isOfType(header: string, type: string): boolean {
  const [name = '', ...parameters] = header.toLowerCase().split(';');
  return name.trim() === type && parameters.length <= 1 && parameters.every(isUtf8);
}

function isUtf8(parameter: string): boolean {
  return /^ *charset="?utf-8"? *$/.test(parameter);
}
