import { randomInt, randomUUID } from 'node:crypto';
import type { Carrier, DocumentAddress } from '../../shared/carrier.ts';
import { xmlRoot } from '../../shared/document.ts';
import type { Env } from '../../shared/env.ts';
import { withQuery } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { Call } from '../../shared/provider.ts';
import { readDocument } from '../plivo/document.ts';
import { statusForm } from '../plivo/status.ts';
import { readSettings } from './settings.ts';
import { sign } from './signature.ts';

/** Vobiz's end of the line. Null without our variables. */
export function carrier(env: Env): Carrier | null {
  const settings = readSettings(env);
  if (!settings) return null;
  const { authId, authTokens } = settings;
  const [authToken] = authTokens;

  return {
    name: 'vobiz',
    // "100 KB": https://docs.vobiz.ai/xml/request (read 2026-11-21)
    maxDocumentBytes: 102_400,
    newCall: (from, to) => ({ id: randomUUID(), from, to, direction: 'inbound' }),
    newStream: (call) => ({
      streamId: randomUUID(),
      callId: call.id,
      accountId: '500025', // a number inside Vobiz, not the id we know
      from: null,
      to: null,
      format: { encoding: 'mulaw', sampleRate: 8000 },
      parameters: {},
    }),
    ring: (call, to) => signed(formOf(call, authId), to, authToken),
    status: (call, event, to) => signed([...statusForm(call, event), ['auth_id', authId]], to, authToken),
    // None is documented.
    upgradeHeaders: () => ({}),
    readDocument: (document) => readDocument(xmlRoot(document)),
  };
}

function signed(
  form: [name: string, value: string][],
  { url, method }: DocumentAddress,
  authToken: string,
): HttpRequest {
  const text = new URLSearchParams(form).toString();
  const nonce = Array.from({ length: 20 }, () => randomInt(10)).join('');
  const headers = {
    'user-agent': 'Vobiz-Webhook/1.0',
    'x-vobiz-signature-v3': sign(url, nonce, authToken),
    'x-vobiz-signature-v3-nonce': nonce,
  };
  if (method === 'GET') return { method, url: withQuery(url, text), headers, body: '' };
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  return { method, url, headers: { ...headers, ...type }, body: text };
}

function formOf({ id, from, to, direction }: Call, authId: string): [string, string][] {
  return [
    ['CallUUID', id],
    ['From', from],
    ['To', to],
    ['CallStatus', 'ringing'],
    ['Direction', direction],
    ['Event', 'StartApp'],
    ['auth_id', authId],
  ];
}
