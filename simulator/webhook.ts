import type { Carrier, Verb } from '../shared/carrier.ts';
import { GatewayError } from '../shared/errors.ts';
import type { HttpRequest } from '../shared/http.ts';
import type { Fetch } from '../shared/provider.ts';
import { failureOfStatus, type Failure } from './failure.ts';
import { readBody } from '../shared/http-body.ts';
import { parseDocument } from './parse-document.ts';

/** Milliseconds a carrier waits for a document: Twilio's figure (error 11205); the others name none. */
export const WEBHOOK_TIMEOUT = 15_000;

/** What a webhook gave. `status` is null when there was no answer at all. */
export type WebhookAnswer =
  | { readonly status: number | null; readonly verbs: readonly Verb[] }
  | { readonly status: number | null; readonly failure: Failure };

/** Asks for a document and reads it as the carrier would. Never rejects. */
export async function askWebhook(
  carrier: Carrier,
  request: HttpRequest,
  tools: { readonly fetch: Fetch; readonly signal: AbortSignal },
): Promise<WebhookAnswer> {
  let status: number | null = null;
  try {
    const response = await post(request, tools);
    status = response.status;
    return { status, ...(await readAnswer(response, carrier)) };
  } catch (error) {
    const isRefused = error instanceof GatewayError;
    return { status, failure: isRefused ? refusedDocument(carrier, error) : noAnswer(request, error) };
  }
}

export async function post(
  { url, method, headers, body }: HttpRequest,
  { fetch, signal }: { readonly fetch: Fetch; readonly signal: AbortSignal },
): Promise<Response> {
  return fetch(url, {
    method,
    headers: { ...headers },
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(WEBHOOK_TIMEOUT)]),
    ...(method === 'GET' ? {} : { body }),
  });
}

/** Throws ERR_DOCUMENT_REFUSED. */
async function readAnswer(
  { status, headers, body }: Response,
  carrier: Carrier,
): Promise<{ readonly verbs: readonly Verb[] } | { readonly failure: Failure }> {
  const { name, maxDocumentBytes } = carrier;
  const text = await readBody(body, maxDocumentBytes);
  if (status !== 200) return { failure: failureOfStatus(status, text ?? '') };
  if (text === null) {
    const reason = `the document is longer than the ${maxDocumentBytes} bytes that ${name} takes`;
    return { failure: { reason, cure: 'shorten it' } };
  }
  const type = headers.get('content-type') ?? '';
  const document = parseDocument(type, text);
  if (document) return { verbs: carrier.readDocument(document) };
  const reason = `the webhook answered with the content type "${type}", not with XML or JSON`;
  return { failure: { reason, cure: 'answer with a document; is this the URL of the webhook?' } };
}

function refusedDocument({ name }: Carrier, { message }: GatewayError): Failure {
  return {
    reason: `${name} refuses the document: ${message}`,
    cure: 'correct the document that the webhook answers',
  };
}

function noAnswer({ url }: HttpRequest, error: unknown): Failure {
  const { origin } = new URL(url);
  if (error instanceof Error && error.name === 'TimeoutError') {
    return {
      reason: `the webhook at ${origin} did not answer within ${WEBHOOK_TIMEOUT} ms`,
      cure: 'look at the log of the gateway: what does it wait for?',
    };
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return { reason: 'the call was given up before the webhook answered', cure: 'wait for the answer' };
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  return {
    reason: `the webhook at ${origin} cannot be reached: ${cause || 'no connection'}`,
    cure: 'start the gateway with "npm start" (or "hookswitch serve"), or name another URL with --webhook',
  };
}
