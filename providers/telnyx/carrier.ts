import { randomUUID } from 'node:crypto';
import type { Carrier, DocumentAddress } from '../../shared/carrier.ts';
import { xmlRoot } from '../../shared/document.ts';
import type { Env } from '../../shared/env.ts';
import { withQuery } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { Call } from '../../shared/provider.ts';
import { readDocument } from './document.ts';
import { readSeed } from './settings.ts';
import { sign } from './signature.ts';
import { statusForm } from './status.ts';

/** Telnyx's end of the line. Null without TELNYX_PRIVATE_KEY, which a real account never shows. */
export function carrier(env: Env): Carrier | null {
  const seed = readSeed(env);
  if (!seed) return null;
  const accountId = randomUUID();

  return {
    name: 'telnyx',
    // Telnyx names no figure; this is Twilio's, whose documents it takes.
    maxDocumentBytes: 65_536,
    newCall: (from, to) => ({ id: `v3:${randomUUID()}`, from, to, direction: 'inbound' }),
    newStream: (call, parameters) => ({
      streamId: randomUUID(),
      callId: call.id,
      accountId,
      from: call.from,
      to: call.to,
      format: { encoding: 'mulaw', sampleRate: 8000 },
      parameters,
    }),
    ring: (call, to, now) => signed(formOf(call, accountId), to, { seed, now }),
    status: (call, event, to, now) => signed(statusForm(call, event, accountId), to, { seed, now }),
    upgradeHeaders: () => ({}),
    readDocument: (document) => readDocument(xmlRoot(document)),
  };
}

/** `now`: milliseconds since the epoch. */
function signed(
  form: Readonly<Record<string, string>>,
  { url, method }: DocumentAddress,
  { seed, now }: { readonly seed: Buffer; readonly now: number },
): HttpRequest {
  const text = new URLSearchParams(form).toString();
  const body = method === 'GET' ? '' : text;
  const timestamp = `${Math.floor(now / 1000)}`;
  const headers = {
    'user-agent': 'telnyx-webhooks',
    'telnyx-timestamp': timestamp,
    'telnyx-signature-ed25519': sign(timestamp, body, seed),
  };
  if (method === 'GET') return { method, url: withQuery(url, text), headers, body };
  return { method, url, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }, body };
}

function formOf({ id, from, to, direction }: Call, accountId: string): Record<string, string> {
  return {
    AccountSid: accountId,
    CallSid: id,
    CallSidLegacy: id,
    From: from,
    To: to,
    FromSipUri: sipUriOf(from),
    ToSipUri: sipUriOf(to),
    CallerId: from,
    CallingPartyType: /^sips?:/.test(from) ? 'sip' : 'pstn',
    ConnectionId: '1684641123236054244',
    CallStatus: 'in-progress',
    // Not part of the first fetch of an incoming call as far as known; absence means inbound.
    ...(direction === 'outbound' ? { Direction: 'outbound-api' } : {}),
  };
}

function sipUriOf(party: string): string {
  return /^sips?:/.test(party) ? party : `sip:${party}@sip.example.com`;
}
