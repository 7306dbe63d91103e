import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatewayError } from '../../shared/errors.ts';
import { plivo, telnyx, twilio } from '../../providers/index.ts';
import type { CallEvent } from '../../shared/call-status.ts';
import type { Call } from '../../shared/provider.ts';
import { placeCall } from '../../simulator/place-call.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { carrierOf, ring } from '../helpers/carriers.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { readSamples } from '../helpers/scrape.ts';
import { callOptions, speech } from '../simulator/scene.ts';

const modules = [twilio, plivo, telnyx];
const answers: Readonly<Record<string, number>> = { twilio: 204, plivo: 200, telnyx: 200 };
const told = { sentAt: Date.UTC(2026, 10, 21, 12), sequence: 0 };
const ringing: CallEvent = { type: 'ringing', ...told };
const completed: CallEvent = { type: 'completed', ...told, sequence: 1, duration: 62, cause: null };

let bot: TestBot;
let gateway: TestGateway;
let isStoreDown = false;
beforeAll(async () => {
  bot = await testBot();
  gateway = await testGateway({
    agents: { support: bot.url },
    store: (memory) => ({
      ...memory,
      note: async (...given) => {
        if (isStoreDown) throw new GatewayError('ERR_STORE_UNAVAILABLE', 'the store is away');
        return memory.note(...given);
      },
    }),
  });
});
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

interface View {
  readonly sessionId: string;
  readonly completionStatus: string | null;
  readonly events: readonly (Record<string, unknown> & { readonly type: string })[];
}

async function ask(path: string): Promise<View & { readonly sessions: readonly View[] }> {
  const headers = { authorization: `Bearer ${gateway.privateKey}` };
  const answer = await fetch(`${gateway.http}/v1/agents/support/sessions${path}`, { headers });
  return (await answer.json()) as View & { readonly sessions: readonly View[] };
}

/** The callback as the carrier sends it, or with another body or signature. */
async function tell(
  provider: string,
  call: Call,
  event: CallEvent,
  change: { readonly path?: string; readonly method?: 'GET' | 'POST'; readonly body?: string } = {},
): Promise<Response> {
  const { path = 'streamId' in event ? 'stream' : 'status', method = 'POST' } = change;
  const url = `${gateway.http}/webhooks/${provider}/${path}`;
  const request = carrierOf(provider, gateway.carriers).status?.(call, event, { url, method }, Date.now());
  if (!request) throw new Error(`${provider} tells nothing`);
  const body = change.body ?? request.body;
  return fetch(request.url, { method, headers: request.headers, ...(method === 'POST' && { body }) });
}

const logged = (message: string): readonly Readonly<Record<string, unknown>>[] =>
  gateway.log.filter(({ msg }) => msg === message);

test.each(modules.map((module) => [module.name, module] as const))(
  'a whole call of %s leaves its story in the record of the session',
  async (name, provider) => {
    const report = await placeCall({
      ...callOptions(provider, `${gateway.http}/webhooks/${name}`, { samples: speech(0.2) }),
      env: gateway.carriers,
      status: { url: `${gateway.http}/webhooks/${name}/status`, method: 'POST' },
      linger: 0,
    });
    expect(report.timeline.filter(({ type }) => type === 'callback')).toEqual([]);
    const started = gateway.log.find(({ callId }) => callId === report.callId);
    const view = await ask(`/${String(started?.['session'])}`);
    expect(view.events.map(({ type }) => type)).toEqual(['stream-started', 'stream-stopped', 'completed']);
    for (const event of view.events)
      expect(event).toMatchObject({ at: expect.stringMatching(/^20.*Z$/) as unknown });
    expect(view.events.at(-1)).toMatchObject({ duration: expect.any(Number) as unknown });
    expect((await ask('')).sessions[0]).not.toHaveProperty('events');
    expect(JSON.stringify(view)).not.toMatch(/5551230|CA[0-9a-f]{32}/);
  },
);

describe.each(modules.map(({ name }) => name))('a callback of %s', (name) => {
  const newCall = (): Call => carrierOf(name, gateway.carriers).newCall('+15550100', '+15550101');

  async function knownCall(): Promise<{ readonly call: Call; readonly session: string }> {
    const call = newCall();
    await ring(carrierOf(name, gateway.carriers), call, `${gateway.http}/webhooks/${name}`);
    const line = gateway.log.find(({ callId }) => callId === call.id);
    return { call, session: String(line?.['session']) };
  }

  test('is kept once, before the socket opens, with the answer that its carrier wants', async () => {
    const { call, session } = await knownCall();
    for (const _ of [1, 2]) {
      const answer = await tell(name, call, ringing);
      expect([answer.status, await answer.text()]).toEqual([answers[name], '']);
    }
    const kept = await gateway.store.events(session);
    expect(kept.map(({ event }) => event.type)).toEqual(['ringing']);
    await tell(name, call, completed);
    expect(logged('the carrier says that the call is over')).toContainEqual(
      expect.objectContaining({ session, duration: 62 }),
    );
  });

  test('that quotes a number is logged without it', async () => {
    const { call, session } = await knownCall();
    const said = 'no route to +15557350123';
    const fault = { meaning: '', cure: '', code: null } as const;
    await tell(name, call, { type: 'stream-error', ...told, streamId: null, said, ...fault });
    const lines = gateway.log.filter((line) => line['session'] === session);
    expect(lines.map(({ msg }) => msg)).toContain('the carrier reports trouble with the stream');
    expect(JSON.stringify(lines)).not.toContain('5557350123');
  });

  test('about a call that is not known is answered, logged, and kept nowhere', async () => {
    const call = newCall();
    expect((await tell(name, call, ringing)).status).toBe(answers[name]);
    const lines = logged('callback about a call that is not known here');
    expect(lines).toContainEqual(
      expect.objectContaining({ callId: call.id, provider: name, event: 'ringing' }),
    );
  });

  test.each(['status', 'stream'])(
    'with another body than was signed changes nothing at /%s',
    async (path) => {
      const { call, session } = await knownCall();
      const forged = await tell(name, call, ringing, { path, body: 'CallStatus=completed' });
      expect(forged.status).toBe(403);
      expect(await forged.text()).not.toMatch(/completed|CallStatus/);
      expect(await gateway.store.events(session)).toEqual([]);
    },
  );

  test('says what went wrong with a stream, and what to do', async () => {
    const { call, session } = await knownCall();
    const fault = { code: null, said: 'Twilio error 31920, Handshake', meaning: '', cure: '' };
    await tell(name, call, { type: 'stream-error', ...told, streamId: null, ...fault });
    const [kept] = await gateway.store.events(session);
    expect(kept?.event).toMatchObject({ type: 'stream-error', code: name === 'twilio' ? '31920' : null });
    expect(logged('the carrier reports trouble with the stream')).toContainEqual(
      expect.objectContaining({
        session,
        meaning: expect.stringMatching(/\w{3}/) as unknown,
        cure: expect.stringMatching(/\w{3}/) as unknown,
      }),
    );
  });

  test('that is no GET and no POST is refused', async () => {
    const answer = await fetch(`${gateway.http}/webhooks/${name}/status`, { method: 'PUT' });
    expect(answer.status).toBe(405);
  });

  test('is asked for again when the store is away', async () => {
    const { call } = await knownCall();
    isStoreDown = true;
    const answer = await tell(name, call, ringing).finally(() => (isStoreDown = false));
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  test('by GET counts where the carrier signs URLs, and nowhere else', async () => {
    const { call, session } = await knownCall();
    const answer = await tell(name, call, ringing, { method: 'GET' });
    expect(answer.status).toBe(name === 'telnyx' ? 405 : answers[name]);
    expect(await gateway.store.events(session)).toHaveLength(name === 'telnyx' ? 0 : 1);
  });
});

test('callbacks are counted by carrier, event and result', async () => {
  const samples = readSamples(await gateway.scrape());
  const value = (event: string, result: string): number | undefined =>
    samples.get(`hookswitch_callbacks_total{provider="twilio",event="${event}",result="${result}"}`);
  expect(value('ringing', 'kept')).toBe(2);
  expect(value('ringing', 'repeated')).toBe(1);
  expect(value('ringing', 'unknown_call')).toBe(1);
  expect(value('ringing', 'failed')).toBe(1);
  expect(value('none', 'forbidden')).toBe(2);
  expect(value('stream-error', 'kept')).toBe(2);
});
