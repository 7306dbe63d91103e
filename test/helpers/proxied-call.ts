import type { IncomingMessage, RequestListener } from 'node:http';
import { testBot, type TestBot } from './bot.ts';
import { connect } from './client.ts';
import { testGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface ProxiedAt {
  readonly agent: string;
  readonly session: string;
  /** Null: none. */
  readonly key: string | null;
}

/** A gateway with a live call to agent "support", whose bot answers requests as well. */
export interface ProxiedCall {
  readonly bot: TestBot;
  readonly gateway: TestGateway;
  /** Id of the live session. */
  readonly session: string;
  /** Where its requests go: path of the gateway, without a slash at its end. */
  readonly base: string;
  /** What came to the bot, bodies read whole. */
  seen: SeenRequest[];
  /** How the bot answers; "heard" by default. */
  answer: RequestListener;
  /** A request to the bot of the live call, or of another session. Redirects are not followed. */
  ask(path: string, init?: RequestInit, at?: Partial<ProxiedAt>): Promise<Response>;
  close(): Promise<void>;
}

export function heard(...[, response]: Parameters<RequestListener>): void {
  response.end('heard');
}

/** `options`: of the gateway, from the URL of the bot. */
export async function proxiedCall(options: (botUrl: string) => TestGatewayOptions): Promise<ProxiedCall> {
  const scene: Pick<ProxiedCall, 'seen' | 'answer'> = { seen: [], answer: heard };
  const listen = async (...[request, response]: Parameters<RequestListener>): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    scene.seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    scene.answer(request, response);
  };
  const bot = await testBot({ answer: (...both) => void listen(...both).catch(() => {}) });
  const gateway = await testGateway(options(bot.url));
  const { sessionId: session, wsUrl, token } = await gateway.start('support');
  const caller = await connect(`${wsUrl}/${token}`);
  return Object.assign(scene, {
    bot,
    gateway,
    session,
    base: `/v1/public/support/sessions/${session}`,
    async ask(path: string, init: RequestInit = {}, at: Partial<ProxiedAt> = {}) {
      const { agent, session: id, key } = { agent: 'support', session, key: gateway.publicKey, ...at };
      const headers = new Headers(init.headers);
      if (key !== null) headers.set('authorization', `Bearer ${key}`);
      const url = `${gateway.http}/v1/public/${agent}/sessions/${id}${path}`;
      return fetch(url, { redirect: 'manual', ...init, headers });
    },
    async close() {
      caller.socket.close(1000);
      await caller.closed;
      await gateway.close();
      await bot.close();
    },
  });
}
