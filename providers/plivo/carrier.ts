import { randomInt, randomUUID } from 'node:crypto';
import type { Carrier, DocumentAddress } from '../../shared/carrier.ts';
import { xmlRoot } from '../../shared/document.ts';
import type { Env } from '../../shared/env.ts';
import { withQuery } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { Call } from '../../shared/provider.ts';
import { withoutPlus } from '../../shared/party.ts';
import { readDocument } from './document.ts';
import { numbersIn } from './extra-headers.ts';
import { readSettings } from './settings.ts';
import { sign } from './signature.ts';
import { statusForm } from './status.ts';

/** Plivo's end of the line. Null without our variables. */
export function carrier(env: Env): Carrier | null {
  const settings = readSettings(env);
  if (!settings) return null;
  const { authId: accountId, authTokens } = settings;
  const [authToken] = authTokens;

  return {
    name: 'plivo',
    // "100 KB": https://docs.plivo.com/docs/voice/xml/request (read 2026-11-21)
    maxDocumentBytes: 102_400,
    newCall: (from, to) => ({ id: randomUUID(), from, to, direction: 'inbound' }),
    newStream: (call, parameters) => ({
      streamId: randomUUID(),
      callId: call.id,
      accountId,
      ...numbersIn(parameters),
      format: { encoding: 'mulaw', sampleRate: 8000 },
      parameters,
    }),
    ring: (call, to) => signed(formOf(call), to, authToken),
    status: (call, event, to) => signed(statusForm(call, event), to, authToken),
    // Plivo's stream SDKs expect a V3 signature here; over which spelling of the URL is not documented.
    upgradeHeaders: (url) => signatureHeaders({ method: 'GET', url, form: new Map() }, authToken),
    readDocument: (document) => readDocument(xmlRoot(document)),
  };
}

function signed(
  form: ReadonlyMap<string, string>,
  { url, method }: DocumentAddress,
  authToken: string,
): HttpRequest {
  const text = new URLSearchParams([...form]).toString();
  if (method === 'GET') {
    const asked = withQuery(url, text);
    const headers = signatureHeaders({ method, url: asked, form: new Map() }, authToken);
    return { method, url: asked, headers, body: '' };
  }
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    ...signatureHeaders({ method, url, form }, authToken),
  };
  return { method, url, headers, body: text };
}

/** Both V3 headers: for a main account the plain one and the one with "Ma" say the same. */
function signatureHeaders(
  request: {
    readonly method: 'GET' | 'POST';
    readonly url: string;
    readonly form: ReadonlyMap<string, string>;
  },
  authToken: string,
): Record<string, string> {
  const nonce = Array.from({ length: 20 }, () => randomInt(10)).join('');
  const signature = sign({ ...request, nonce }, authToken);
  return {
    'x-plivo-signature-v3': signature,
    'x-plivo-signature-v3-nonce': nonce,
    'x-plivo-signature-ma-v3': signature,
  };
}

function formOf({ id, from, to, direction }: Call): ReadonlyMap<string, string> {
  return new Map([
    ['CallUUID', id],
    ['From', withoutPlus(from)],
    ['To', withoutPlus(to)],
    ['CallStatus', 'ringing'],
    ['Direction', direction],
    ['BillRate', '0.0055'],
    ['Event', 'StartApp'],
  ]);
}
