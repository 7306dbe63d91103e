import { randomBytes, randomUUID } from 'node:crypto';
import { noWebhook, type Carrier } from '../../shared/carrier.ts';
import type { Env } from '../../shared/env.ts';
import { readSettings } from './settings.ts';
import { signedHeaders } from './signature.ts';

/** Genesys' end of the line. Null without our variables. */
export function carrier(env: Env): Carrier | null {
  const settings = readSettings(env);
  if (!settings) return null;
  const { organizationId: accountId, apiKeys, clientSecrets } = settings;
  let sessionId = randomUUID();

  return {
    ...noWebhook,
    name: 'genesys',
    newCall: (from, to) => ({ id: randomUUID(), from, to, direction: 'inbound' }),
    newStream: (call, parameters) => ({
      streamId: sessionId,
      callId: call.id,
      accountId,
      from: call.from,
      to: call.to,
      format: { encoding: 'mulaw', sampleRate: 8000 },
      parameters,
    }),
    /** The session that is named here is the one of the stream that follows. */
    upgradeHeaders(url, now = Date.now()) {
      sessionId = randomUUID();
      const headers = {
        'user-agent': 'GenesysCloud-AudioHook-Client',
        'audiohook-organization-id': accountId,
        'audiohook-session-id': sessionId,
        'audiohook-correlation-id': randomUUID(),
      };
      const nonce = randomBytes(18).toString('base64');
      const created = Math.floor(now / 1000);
      return signedHeaders(url, headers, { apiKey: apiKeys[0], secret: clientSecrets[0], nonce, created });
    },
  };
}
