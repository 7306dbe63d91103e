import { randomUUID } from 'node:crypto';
import type { Carrier, DocumentAddress } from '../../shared/carrier.ts';
import type { Env } from '../../shared/env.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { Call } from '../../shared/provider.ts';
import { readDocument } from './document.ts';
import { readSettings } from './settings.ts';
import { sign } from './signature.ts';
import { statusOf } from './status.ts';

/** Jambonz's end of the line. Null without our variables. */
export function carrier(env: Env): Carrier | null {
  const settings = readSettings(env);
  if (!settings) return null;
  const { accountSid, webhookSecrets } = settings;
  const [secret] = webhookSecrets;
  /** A GET has no body: Jambonz signs what it would have posted, and sends nothing of it. */
  function signed(attributes: object, { url, method }: DocumentAddress, now: number): HttpRequest {
    const body = JSON.stringify(attributes);
    const timestamp = `${Math.floor(now / 1000)}`;
    const headers = { 'jambonz-signature': `t=${timestamp},v1=${sign(timestamp, body, secret)}` };
    if (method === 'GET') return { method, url, headers, body: '' };
    return { method, url, headers: { 'content-type': 'application/json', ...headers }, body };
  }

  return {
    name: 'jambonz',
    // Jambonz names no figure; this is Twilio's.
    maxDocumentBytes: 65_536,
    newCall: (from, to) => ({ id: randomUUID(), from, to, direction: 'inbound' }),
    newStream: (call, parameters) => ({
      streamId: call.id,
      callId: call.id,
      accountId: accountSid,
      from: call.from,
      to: call.to,
      format: { encoding: 'l16', sampleRate: 8000 },
      parameters,
    }),
    ring: (call, to, now) => signed(attributesOf(call, accountSid), to, now),
    // Statuses are posted, whatever the calling webhook's method.
    status(call, event, { url }, now) {
      const attributes = { ...attributesOf(call, accountSid), ...statusOf(event) };
      return signed(attributes, { url, method: 'POST' }, now);
    },
    upgradeHeaders: () => ({ 'sec-websocket-protocol': 'audio.jambonz.org' }),
    readDocument,
  };
}

function attributesOf({ id, from, to, direction }: Call, accountSid: string): Record<string, unknown> {
  const [caller, called] = [from, to].map((party) => party.replace(/^client:/, ''));
  return {
    call_sid: id,
    direction,
    from: caller,
    to: called,
    caller_id: caller,
    call_id: randomUUID(),
    sip_status: 100,
    sip_reason: 'Trying',
    call_status: 'trying',
    account_sid: accountSid,
    trace_id: randomUUID().replaceAll('-', ''),
    application_sid: randomUUID(),
    fs_sip_address: '10.0.0.1:5060',
    originating_sip_ip: '192.0.2.1',
    sip: { headers: { via: 'SIP/2.0/UDP 192.0.2.1', max_forwards: '69' }, method: 'INVITE' },
  };
}
