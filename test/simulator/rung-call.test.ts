import { Command } from 'commander';
import { afterEach, describe, expect, test } from 'vitest';
import { registerCall } from '../../cli/call.ts';
import type { Env } from '../../shared/env.ts';
import { openDesk, type Desk, type RungOptions } from '../../simulator/index.ts';
import { startDemoBot } from '../../demo/bot.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { modules, speech } from './scene.ts';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  process.exitCode = undefined;
  await Promise.all(open.splice(0).map((each) => each.close()));
});

const TABLE = `websocket_auth = "token"
transfer_to = ["+1555"]
[agents.outbound]
from = ["+15551230000"]
to = ["+1555"]`;

interface Laptop {
  readonly gateway: TestGateway;
  readonly desk: Desk;
  readonly env: Env;
  /** Plays the carrier until the call is over. */
  readonly rung: (change: Partial<RungOptions>) => ReturnType<Desk['rung']>;
  readonly ask: (path: string, key: string, body?: object) => Promise<Response>;
}

/** A gateway and the carrier that it asks, on one machine. */
async function laptop(provider: (typeof modules)[number]): Promise<Laptop> {
  const env = provider.inventCredentials();
  const desk = await openDesk({ provider, env }, 0);
  const bot = await startDemoBot();
  const gateway = await testGateway({
    agents: {
      demo: `bots = ["${bot.url}"]\n${TABLE}`,
      other: `bots = ["${bot.url}"]\nwebsocket_auth = "token"`,
    },
    env: { ...env, ...desk.variables },
  });
  open.push(desk, bot, gateway);
  return {
    gateway,
    desk,
    env,
    rung: (change) =>
      desk.rung({
        provider,
        env,
        callee: 'answer',
        ring: 0,
        source: { samples: speech(0.5), digits: [] },
        linger: 100,
        onStep() {},
        ...change,
      }),
    ask: (path, key, body = {}) =>
      fetch(gateway.http + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}

describe.each(modules.map((module) => [module.name, module] as const))('%s', (name, module) => {
  const request = { provider: name, from: '+15551230000', to: '+15551230001' };

  test('whoever is rung talks to the bot', async () => {
    const { gateway, rung, ask } = await laptop(module);
    const heard = new AbortController();
    const over = rung({
      source: { samples: new Int16Array(80_000), digits: [] }, // who is quiet interrupts nobody
      signal: heard.signal,
      onEvent: ({ type }) => type === 'mark' && heard.abort(), // the bot's greeting was played
    });
    expect((await ask('/v1/public/demo/dial', gateway.publicKey, request)).status).toBe(200);
    const report = await over;
    expect(report?.verdict).toEqual({ ok: true });
    const webhook = `${gateway.http}/webhooks/${name}/demo.local`;
    expect(report).toMatchObject({ from: request.from, to: request.to, webhook });
  });

  test('the gateway hears of a callee who is busy', async () => {
    const { gateway, rung, ask } = await laptop(module);
    const steps: string[] = [];
    const over = rung({ callee: 'busy', onStep: (step) => steps.push(step) });
    await ask('/v1/public/demo/dial', gateway.publicKey, request);
    expect(await over).toBeNull();
    expect(steps.at(-1)).toMatch(/^busy: the gateway was told, and answered 20[04]$/);
    const { records } = await gateway.store.list({
      organization: 'local',
      agent: 'demo',
      limit: 1,
      offset: 0,
      status: 'NOT_ANSWERED',
      from: null,
      until: null,
    });
    expect(records).toHaveLength(1);
  });

  test('the call is handed to another agent, and then ended, over the REST interface', async () => {
    const { gateway, rung, ask } = await laptop(module);
    const steps: string[] = [];
    const spoken = { samples: speech(30), digits: [] };
    const over = rung({ source: spoken, onStep: (step) => steps.push(step) });
    const dialled = await ask('/v1/public/demo/dial', gateway.publicKey, request);
    const { sessionId } = (await dialled.json()) as { sessionId: string };
    /** The session of an agent that talks to its bot. */
    const talking = async (agent: string): Promise<string> => {
      const isIt = (line: object): boolean => 'agent' in line && line.agent === agent;
      const find = (): unknown =>
        gateway.log.find((line) => line['msg'] === 'call connected' && isIt(line))?.['session'];
      await expect.poll(find, { timeout: 5000 }).toEqual(expect.any(String));
      return String(find());
    };
    expect(await talking('demo')).toBe(sessionId);
    const first = `/v1/agents/demo/sessions/${sessionId}/transfer`;
    expect((await ask(first, gateway.privateKey, { agent: 'other' })).status).toBe(202);
    const second = `/v1/agents/other/sessions/${await talking('other')}/hang-up`;
    expect((await ask(second, gateway.privateKey)).status).toBe(202);
    await over;
    expect(steps.filter((step) => step.startsWith('the gateway '))).toEqual([
      expect.stringMatching(
        /^the gateway places a call from \+15551230000 to \+15551230001; it may ring for 60 s$/,
      ),
      'the gateway hands the call on',
      'the gateway ends the call',
    ]);
  });

  test('what the caller hears beside the stream is told, and a phone that takes the call is no fallback', async () => {
    const { gateway, rung, ask } = await laptop(module);
    const steps: string[] = [];
    const spoken = { samples: speech(30), digits: [] };
    const over = rung({ source: spoken, onStep: (step) => steps.push(step) });
    const dialled = await ask('/v1/public/demo/dial', gateway.publicKey, request);
    const { sessionId } = (await dialled.json()) as { sessionId: string };
    await expect.poll(() => gateway.log.some(({ msg }) => msg === 'call connected')).toBe(true);
    const order = async (command: string, body: object): Promise<number> =>
      (await ask(`/v1/agents/demo/sessions/${sessionId}/${command}`, gateway.privateKey, body)).status;
    const files = 'https://files.example.com/hold.mp3';
    const heard = ['digits 1w#', '"One moment."', files].map(
      (what) => `beside the stream, the caller hears ${what}`,
    );
    const can = name === 'twilio' ? 501 : 202;
    expect(await order('dtmf', { digits: '1w#' })).toBe(can);
    expect(await order('say', { text: 'One moment.' })).toBe(can);
    expect(await order('play', { url: files })).toBe(can);
    expect(steps.filter((step) => step.startsWith('beside'))).toEqual(can === 202 ? heard : []);
    expect(await order('transfer', { to: '+15559990000' })).toBe(202);
    expect(await over).toMatchObject({ dialled: ['+15559990000'], verdict: { ok: true } });
  });

  test('another account is not known there', async () => {
    const { env, desk } = await laptop(module);
    const others = { ...env, ...module.inventCredentials(), ...desk.variables };
    const control = module.control?.(others, { fetch });
    const call = { ...request, answerUrl: 'http://a', statusUrl: 'http://a', ringTimeout: 5 };
    await expect(control?.place?.(call)).rejects.toMatchObject({ code: 'ERR_CARRIER_REFUSED' });
  });
});

/** The command as it is typed. */
async function hookswitch(
  args: string[],
  { env, gateway }: Pick<Laptop, 'env' | 'gateway'>,
): Promise<{ out: string; err: string; code: unknown }> {
  let out = '';
  let err = '';
  const program = new Command();
  registerCall(program, {
    env: {},
    readState: () => ({
      credentials: env as Record<string, string>,
      streamSecret: '',
      publicKey: gateway.publicKey,
    }),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  await program.parseAsync(['call', ...args], { from: 'user' });
  const code = process.exitCode;
  process.exitCode = undefined;
  return { out, err, code };
}

test('hookswitch call --outbound has the gateway call, and reports', async () => {
  const [twilio = modules[0]!] = modules;
  const scene = await laptop(twilio);
  const { desk, gateway } = scene;
  const port = new URL(desk.variables['TWILIO_API_URL'] ?? '').port;
  await desk.close();
  const args = ['twilio', '--outbound', '--gateway', gateway.http, '--api-port', port, '--callee'];
  const busy = await hookswitch([...args, 'no-answer'], scene);
  expect([busy.err, busy.code]).toEqual(['', 0]);
  expect(busy.out).toMatch(/^twilio {2}\+15551230000 → \+15551230001 {2}http:.*\/v1\/public\/demo\/dial$/m);
  expect(busy.out).toContain('no-answer: the gateway was told, and answered 204');
  const forbidden = await hookswitch(
    [...args, 'answer', '--from', '+15551230000', '--to', '+4930123456'],
    scene,
  );
  expect([forbidden.code, forbidden.err]).toEqual([1, expect.stringMatching(/answered 403: .*outbound\.to/)]);
  const elsewhere = [...args, 'answer'].map((arg) => (arg === port ? '0' : arg));
  const lost = await hookswitch(elsewhere, scene);
  expect([lost.code, lost.err]).toEqual([
    1,
    expect.stringMatching(/answered 503: .*Start the gateway with TWILIO_API_URL=http/),
  ]);
});

test.each([
  [['--callee', 'asleep'], /--callee takes answer, busy or no-answer/],
  [['--gateway', 'ftp://a'], /--gateway takes an http or https URL/],
  [['--api-port', '70000'], /--api-port takes a port/],
  [['--gateway', 'http://127.0.0.1:1', '--api-port', '0'], /no gateway answers at http:\/\/127\.0\.0\.1:1/],
])('%j says what is wrong', async (args, sentence) => {
  const env = modules[0]!.inventCredentials();
  const gateway = { publicKey: 'pk_x' } as TestGateway;
  const { err, code } = await hookswitch(['twilio', '--outbound', ...args], { env, gateway });
  expect(err).toMatch(sentence);
  expect(code).toBe(args.includes('0') ? 1 : 2);
});
