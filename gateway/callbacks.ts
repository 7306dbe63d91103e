import { isCallEnd, type CallEvent, type CallNotice } from '../shared/call-status.ts';
import { queryOf, readForm, type Form } from '../shared/form.ts';
import { refusal, type HttpHandler, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import type { Provider } from '../shared/provider.ts';
import { readGenuine } from '../shared/voice-webhook.ts';
import { logged, loggedError, maskNumbers, type Log } from './log.ts';
import type { Observer, ToldCallback } from './observe/observer.ts';
import { refusalOf } from './refusals.ts';
import type { Noted, SessionStore } from './sessions/store.ts';

/** What a genuine callback says, with the query of its URL, which the carrier signed where `Provider.signsUrl`. */
export interface HeardNotice {
  readonly provider: Provider;
  readonly callId: string;
  readonly event: CallEvent;
  readonly query: Form;
}

export interface CallbackOptions {
  readonly sessions: SessionStore;
  readonly observer: Observer;
  readonly log: Log;
  /** Told of each before it is kept, repeated ones too, in the process that the carrier told. */
  readonly onNotice?: (notice: HeardNotice) => Promise<void>;
}

/** What carriers tell about calls and streams, by the rest of the path after /webhooks/<provider>. */
export interface ProviderCallbacks {
  /** Absent where the carrier has none. */
  readonly status?: HttpHandler;
  readonly stream?: HttpHandler;
}

export function providerCallbacks(provider: Provider, options: CallbackOptions): ProviderCallbacks {
  const reading = (reader: 'readStatus' | 'readStreamStatus'): HttpHandler =>
    callback(provider, (request) => provider[reader]?.(request) ?? null, options);
  return {
    ...(provider.readStatus && { status: reading('readStatus') }),
    ...(provider.readStreamStatus && { stream: reading('readStreamStatus') }),
  };
}

type Reader = (request: HttpRequest) => CallNotice | null;
type Result = ToldCallback['result'];

function callback(provider: Provider, read: Reader, options: CallbackOptions): HttpHandler {
  const { observer, log } = options;
  const { name, signsUrl, callbackAnswer: status = 204 } = provider;
  const done: HttpResponse = { status, headers: {}, body: '' };
  const tell = (event: ToldCallback['event'], result: Result): void =>
    observer.callback({ provider: name, event, result });

  return async (request) => {
    // What is in a URL that nobody signs may be anybody's.
    const isUnsigned = request.method === 'GET' && !signsUrl;
    const genuine = isUnsigned ? unsigned() : await readGenuine(provider, request, read);
    if ('refused' in genuine) {
      const { refused, reason } = genuine;
      tell('none', refused.status === 403 ? 'forbidden' : 'malformed');
      log.warn({ provider: name, status: refused.status, reason }, 'callback refused');
      return refused;
    }
    const { callId, event } = genuine.found;
    if (!event) {
      tell('none', 'ignored');
      return done;
    }
    try {
      const query = readForm(queryOf(request.url)) ?? new Map();
      await options.onNotice?.({ provider, callId, event, query });
      const noted = await options.sessions.note(name, callId, event);
      tell(event.type, resultOf(noted));
      report(log, name, { callId, event, noted });
      return done;
    } catch (error) {
      tell(event.type, 'failed');
      log.warn({ provider: name, event: event.type, ...loggedError(error) }, 'a callback was not kept');
      return refusalOf(error);
    }
  };
}

function unsigned(): { readonly refused: HttpResponse; readonly reason: string } {
  const sentence = 'This carrier signs bodies only: set the method of its callbacks to POST.';
  const refused = refusal(405, '405', sentence, { headers: { allow: 'POST' } });
  return { refused, reason: 'GET, which this carrier does not sign' };
}

function resultOf(noted: Noted | null): Result {
  if (!noted) return 'unknown_call';
  return noted.isNew ? 'kept' : 'repeated';
}

interface Kept {
  readonly callId: string;
  readonly event: CallEvent;
  readonly noted: Noted | null;
}

/** One line for what somebody may look for: an error, an end, a call that nobody knows. */
function report(log: Log, provider: string, { callId, event, noted }: Kept): void {
  const about = { provider, callId: logged(callId), event: event.type };
  if (!noted) return log.info(about, 'callback about a call that is not known here');
  if (!noted.isNew) return;
  const session = noted.sessionId;
  if ('meaning' in event) {
    const { code, meaning, cure } = event;
    const said = maskNumbers(event.said);
    log.warn({ ...about, session, code, said, meaning, cure }, 'the carrier reports trouble with the stream');
  } else if (isCallEnd(event)) {
    const { duration } = event;
    const cause = event.cause === null ? null : maskNumbers(event.cause);
    log.info({ ...about, session, duration, cause }, 'the carrier says that the call is over');
  }
}
