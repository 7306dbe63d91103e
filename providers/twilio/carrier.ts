import { randomBytes } from 'node:crypto';
import type { Carrier } from '../../shared/carrier.ts';
import { xmlRoot } from '../../shared/document.ts';
import type { Env } from '../../shared/env.ts';
import { withQuery } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { Call } from '../../shared/provider.ts';
import { readDocument } from './document.ts';
import { readSettings } from './settings.ts';
import { sign } from './signature.ts';
import { statusForm } from './status.ts';
import { stream } from './stream.ts';

const agent = 'TwilioProxy/1.1';

/** Twilio's end of the line, signing with the SDK's own function. Null without our variables. */
export function carrier(env: Env): Carrier | null {
  const settings = readSettings(env);
  if (!settings) return null;
  const { accountSid: accountId, authTokens } = settings;
  const [authToken] = authTokens;

  return {
    name: 'twilio',
    // "64 kB": https://www.twilio.com/docs/api/errors/11750 (read 2026-11-21)
    maxDocumentBytes: 65_536,
    newCall: (from, to) => ({ id: sid('CA'), from, to, direction: 'inbound' }),
    newStream: (call, parameters) => ({
      streamId: sid('MZ'),
      callId: call.id,
      accountId,
      from: null,
      to: null,
      format: { encoding: 'mulaw', sampleRate: 8000 },
      parameters,
    }),
    ring: (call, to) =>
      signed(formOf(call, accountId), to, { header: 'x-twilio-signature', authToken, agent }),
    status: (call, event, to) =>
      signed(statusForm(call, event, accountId), to, { header: 'x-twilio-signature', authToken, agent }),
    upgradeHeaders: (url) => ({
      'x-twilio-signature': sign(url, {}, authToken),
      ...(stream.subprotocol === null ? {} : { 'sec-websocket-protocol': stream.subprotocol }),
    }),
    readDocument: (document) => readDocument(xmlRoot(document)),
  };
}

function sid(prefix: string): string {
  return prefix + randomBytes(16).toString('hex');
}

/** A form as a request, signed in `header`: in the query of a GET, in the body of a POST. */
export function signed(
  form: Readonly<Record<string, string>>,
  to: { readonly url: string; readonly method: 'GET' | 'POST' },
  by: { readonly header: string; readonly authToken: string; readonly agent: string },
): HttpRequest {
  const text = new URLSearchParams(form).toString();
  const headers = { 'user-agent': by.agent };
  if (to.method === 'GET') {
    const url = withQuery(to.url, text);
    const signature = sign(url, {}, by.authToken);
    return { method: 'GET', url, headers: { ...headers, [by.header]: signature }, body: '' };
  }
  const type = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };
  const signature = sign(to.url, form, by.authToken);
  return {
    method: 'POST',
    url: to.url,
    headers: { ...headers, ...type, [by.header]: signature },
    body: text,
  };
}

/** All that Twilio sends with a call; the places are its guess from the number, here always the same. */
function formOf({ id, from, to, direction }: Call, accountId: string): Record<string, string> {
  const place = { City: 'SAN FRANCISCO', Country: 'US', State: 'CA', Zip: '94103' };
  const placeOf = (who: string): [string, string][] =>
    Object.entries(place).map(([name, value]) => [who + name, value]);
  const form = {
    AccountSid: accountId,
    ApiVersion: '2010-04-01',
    CallSid: id,
    CallStatus: 'ringing',
    Called: to,
    Caller: from,
    Direction: direction === 'inbound' ? 'inbound' : 'outbound-api',
    From: from,
    To: to,
    ...Object.fromEntries(['Called', 'Caller', 'From', 'To'].flatMap(placeOf)),
  };
  return Object.fromEntries(Object.entries(form).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
