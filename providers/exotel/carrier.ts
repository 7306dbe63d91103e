import { randomBytes } from 'node:crypto';
import { noWebhook, type Carrier } from '../../shared/carrier.ts';
import type { Env } from '../../shared/env.ts';
import { readSettings } from './settings.ts';

/** Exotel's end of the line. Null without our variable. */
export function carrier(env: Env): Carrier | null {
  const settings = readSettings(env);
  if (!settings) return null;
  const { accountSid: accountId } = settings;
  return {
    ...noWebhook,
    name: 'exotel',
    newCall: (from, to) => ({ id: sid(), from, to, direction: 'inbound' }),
    newStream: (call, parameters) => ({
      streamId: sid(),
      callId: call.id,
      accountId,
      from: call.from,
      to: call.to,
      format: { encoding: 'l16', sampleRate: 8000 },
      parameters,
    }),
    // No signature is documented; the secret is in the URL.
    upgradeHeaders: () => ({}),
  };
}

function sid(): string {
  return randomBytes(16).toString('hex');
}
