import { randomUUID } from 'node:crypto';
import type { Carrier } from '../../shared/carrier.ts';
import { xmlRoot } from '../../shared/document.ts';
import type { Env } from '../../shared/env.ts';
import type { Call } from '../../shared/provider.ts';
import { signed } from '../twilio/carrier.ts';
import { statusForm } from '../twilio/status.ts';
import { readDocument } from './document.ts';
import { readSettings } from './settings.ts';

/** SignalWire's end of the line. Null without our variables. */
export function carrier(env: Env): Carrier | null {
  const settings = readSettings(env);
  if (!settings) return null;
  const { projectId: accountId, signingKeys } = settings;
  const by = { header: 'x-signalwire-signature', authToken: signingKeys[0], agent: 'SignalWire' };

  return {
    name: 'signalwire',
    // SignalWire names no figure; this is Twilio's, whose documents it takes.
    maxDocumentBytes: 65_536,
    newCall: (from, to) => ({ id: randomUUID(), from, to, direction: 'inbound' }),
    newStream: (call, parameters) => ({
      streamId: randomUUID(),
      callId: call.id,
      accountId,
      from: null,
      to: null,
      format: { encoding: 'mulaw', sampleRate: 8000 },
      parameters,
    }),
    ring: (call, to) => signed(formOf(call, accountId), to, by),
    status: (call, event, to) => signed(statusForm(call, event, accountId), to, by),
    // No signature is documented here, and no subprotocol.
    upgradeHeaders: () => ({}),
    readDocument: (document) => readDocument(xmlRoot(document)),
  };
}

function formOf({ id, from, to, direction }: Call, accountId: string): Record<string, string> {
  return {
    AccountSid: accountId,
    ApiVersion: '2010-04-01',
    CallSid: id,
    CallStatus: 'ringing',
    Direction: direction === 'inbound' ? 'inbound' : 'outbound-api',
    From: from,
    To: to,
  };
}
