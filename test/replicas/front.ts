import { Agent } from 'node:http';
import { exchange, type Answered } from '../chaos/exchange.ts';
import {
  startSession,
  StartRefused,
  type GatewayProcess,
  type StartedSession,
} from '../chaos/gateway-process.ts';
import type { Recorder } from '../chaos/judge/records.ts';
import { carrierOf, openingOf, rungOf } from '../helpers/carriers.ts';
import type { Identity } from './machines.ts';

/** How sessions are started: as clients do, and as a carrier does with its webhook. */
export interface Front extends Pick<GatewayProcess, 'start'> {
  /** The same, and no word of it in the records. */
  readonly tryStart: GatewayProcess['start'];
  /** A Twilio webhook for a call, at the gateway on `port`. */
  ring(agent: string, callId: string, port: number): Promise<Answered>;
  close(): void;
}

export interface FrontOptions {
  /** Of the balancer, or of one replica. */
  readonly port: number;
  readonly publicUrl: string;
  readonly identity: Identity;
  /** Told of every refusal. */
  readonly record: Recorder;
}

export function frontOf({ port, publicUrl, identity, record }: FrontOptions): Front {
  const key = identity.HOOKSWITCH_PUBLIC_KEYS;
  const twilio = carrierOf('twilio', identity);
  const kept = new Agent({ keepAlive: true, maxSockets: 16 });
  let count = 0;

  async function ring(agent: string, id: string, at: number): Promise<Answered> {
    const call = { id, from: '+15550100001', to: '+15550100002', direction: 'inbound' } as const;
    const url = `${publicUrl}/webhooks/twilio/${agent}`;
    const { method, headers, body } = twilio.ring(call, { url, method: 'POST' }, Date.now());
    return exchange({ port: at, method, path: new URL(url).pathname, headers, body, http: false });
  }

  /** A carrier that is answered without a stream plays the fallback: its caller was refused. */
  async function startByWebhook(agent: string, id: string): Promise<StartedSession> {
    const { status, text } = await ring(agent, id, port);
    const { streamUrl, verbs } = rungOf(twilio, status, text);
    if (streamUrl === '') throw new StartRefused(status === 200 ? 503 : status, text);
    const stream = verbs.find((verb) => verb.type === 'stream');
    const parameters = stream?.type === 'stream' ? stream.parameters : {};
    const call = { id, from: '', to: '', direction: 'inbound' } as const;
    const [, wsUrl = '', token = ''] = /^(.*)\/([^/]+)$/.exec(streamUrl) ?? [];
    return { sessionId: '', wsUrl, token, opening: openingOf('twilio', twilio.newStream(call, parameters)) };
  }

  const tryStart: Front['tryStart'] = async (agent, transport, body) => {
    if (transport === 'twilio') return startByWebhook(agent, idIn(body));
    // Some clients keep their connections, others have a new one for each request.
    const http = (count += 1) % 2 === 0 && kept;
    const { wsUrl, ...started } = await startSession({ port, key, http, agent }, { transport, body });
    return { ...started, wsUrl: wsUrl.replace(/:\d+\//, `:${port}/`) };
  };

  return {
    ring,
    tryStart,
    async start(agent, transport, body) {
      try {
        return await tryStart(agent, transport, body);
      } catch (error) {
        const status = error instanceof StartRefused ? error.status : 0;
        record({ kind: 'refused', call: idIn(body), status, at: Date.now() });
        throw error;
      }
    },
    close: () => kept.destroy(),
  };
}

/** Of the call, as bots read it from the session's body. */
function idIn(body: object): string {
  return 'call' in body ? String(body.call) : '';
}

/** A name for the nth call of a kind that Twilio would use as well. */
export function callName(kind: number, count: number): string {
  return `CA${kind.toString(16).padStart(8, '0')}${count.toString(16).padStart(24, '0')}`;
}
