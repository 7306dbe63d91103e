import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { heardIn, longestSilence } from '../../cli/rehearse/heard.ts';
import { printRehearsal, printScene } from '../../cli/rehearse/print.ts';
import { rehearse, verdictOf, type Rehearsal } from '../../cli/rehearse/rehearsal.ts';
import { SCENES, type Scene } from '../../cli/rehearse/scenes.ts';
import { allProviders } from '../../gateway/carriers.ts';
import { readConfig, type Config } from '../../gateway/config/config.ts';
import { invent } from '../../gateway/config/invented.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { moduleOf, webhookCarriers } from '../helpers/carriers.ts';
import { runCli } from '../helpers/cli.ts';

const SORRY = '"Sorry, nobody can take your call right now. Please call again later."';

/** The real one: it must never be dialled, fetched or asked. */
let real: TestBot;
let asked = 0;
let config: Config;

function read(toml: string): Config {
  const invented = invent(allProviders);
  return readConfig({ toml, env: {}, modules: allProviders, invent: () => invented });
}

function play(scene: Scene, carrier: string, name: string, maxSilence = 8000): Promise<Rehearsal> {
  const agent = config.organizations[0]?.agents.find((candidate) => candidate.name === name);
  if (!agent) throw new Error(`no agent ${name}`);
  return rehearse(scene, moduleOf(carrier), { config, agent, maxSilence });
}

/** What is heard, but for the moments. */
function lines({ heard }: Rehearsal): string[] {
  return heard.flatMap(({ type, text }) => (type === 'silence' ? [] : [`${type} ${text}`.trimEnd()]));
}

beforeAll(async () => {
  const listener = createServer(() => (asked += 1)).listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  afterAll(() => void listener.close());
  const address = listener.address();
  const elsewhere = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  real = await testBot();
  const bots = `websocket_auth = "token"\nbots = ["${real.url}", "${real.url}2"]`;
  config = read(`
    [limits]
    dial_timeout = 1
    [[agents]]
    agent_name = "support"
    numbers = ["+15551230009"]
    ${bots}
    [agents.pool]
    health = "/readyz"
    [agents.steps]
    no_session = [{ say = "One moment." }, { agent = "backup" }]
    bot_unreachable = [{ play = "${elsewhere}/sorry.mp3" }, { dial = "+15559990000" }, { say = "Bye." }]
    bot_lost = [{ redirect = "${elsewhere}/voice" }]
    goodbye = [{ agent = "backup" }]
    [[agents]]
    agent_name = "backup"
    numbers = ["+15551230008"]
    ${bots}
    [[agents]]
    agent_name = "rude"
    ${bots}
    [agents.steps]
    no_session = [{ hang_up = true }]`);
});
afterAll(async () => {
  await real.close();
});

const played: Record<Scene, readonly unknown[]> = {
  'bot-down': [
    'ring',
    expect.stringMatching(/^play .*sorry/),
    'dial +15559990000',
    'say "Bye."',
    'hang up by the document',
  ],
  'bot-slow': [
    'ring',
    expect.stringMatching(/^play .*sorry/),
    'dial +15559990000',
    'say "Bye."',
    'hang up by the document',
  ],
  'bot-dies': ['ring', 'bot', expect.stringMatching(/^redirect http:.*\/voice$/)],
  full: ['ring', 'say "One moment."', 'agent backup.local', 'bot', 'hang up by the caller'],
  'store-down': [
    'ring',
    'say "One moment."',
    'agent backup.local',
    `say ${SORRY}`,
    'hang up by the document',
  ],
  goodbye: ['ring', 'bot', 'agent backup.local', 'bot', 'hang up by the caller'],
};

test.concurrent.each(SCENES)(
  '%s: callers over every carrier hear the steps of their agent',
  async (scene) => {
    const all = await Promise.all(webhookCarriers.map((carrier) => play(scene, carrier, 'support')));
    expect(all.map((one) => [one.carrier, one.scene, one.agent, lines(one)])).toEqual(
      webhookCarriers.map((carrier) => [carrier, scene, 'support.local', played[scene]]),
    );
    expect(all.map(({ verdict }) => verdict)).toEqual(all.map(() => ({ ok: true })));
  },
);

test('what is dialled, fetched and asked in a rehearsal is never the real thing', () => {
  expect(real.dials).toEqual([]);
  expect(asked).toBe(0);
});

test('a slow bot is as silent as all its dials together, and too long is a failure', async () => {
  const { longestSilenceMs, verdict } = await play('bot-slow', 'twilio', 'support', 500);
  expect(longestSilenceMs).toBeGreaterThanOrEqual(2000);
  expect(longestSilenceMs).toBeLessThan(6000);
  expect(verdict).toMatchObject({ ok: false, reason: expect.stringMatching(/hears nothing for \d\.\d s/) });
});

test('a caller who is hung up on without a sound was left in silence', async () => {
  const rehearsal = await play('full', 'twilio', 'rude');
  expect(rehearsal.verdict).toMatchObject({ ok: false, reason: 'the caller hears nothing at all' });
  expect(printScene(rehearsal)).toBe(
    'full: rude.local, while it has as many sessions as max_agents allows\n',
  );
  expect(printRehearsal(rehearsal)).toMatch(
    /twilio\n +0\.00 s {2}ring\n[^]*hung up by the document\n +failed: .*nothing/,
  );
});

test('a document that the carrier does not take is its own error message to the caller, and a failure', async () => {
  const { heard } = await play('store-down', 'twilio', 'backup');
  expect(verdictOf([...heard, { atMs: 9, lengthMs: 0, type: 'error', text: 'no' }], 0, 8000)).toMatchObject({
    ok: false,
    reason: 'the caller hears an error message of the carrier, or nothing: no',
  });
});

describe('what is heard', () => {
  const frame = (level: number): number[] => Array.from({ length: 160 }, () => level);
  const heardOf = (levels: readonly number[], pieces: object[] = []): ReturnType<typeof heardIn> =>
    heardIn(
      {
        timeline: [
          { atMs: 100, lineMs: 0, type: 'start', text: '' },
          { atMs: 100 + levels.length * 20, lineMs: levels.length * 20, type: 'close', text: 'by the bot' },
          ...pieces,
        ],
        milestones: { answered: 40, ended: 100 + levels.length * 20 },
        tape: { heard: Int16Array.from(levels.flatMap(frame)) },
        carrierError: null,
      } as unknown as Parameters<typeof heardIn>[0],
      null,
    );
  const times = (count: number, level: number): number[] => Array.from({ length: count }, () => level);

  test('is a voice with its pauses, and the silence around it', () => {
    const heard = heardOf([...times(10, 0), ...times(5, 900), ...times(49, 31), 900, ...times(100, 0)]);
    expect(heard.map(({ type, atMs, lengthMs }) => [type, atMs, lengthMs])).toEqual([
      ['ring', 0, 40],
      ['silence', 40, 260],
      ['bot', 300, 1100],
      ['silence', 1400, 2000],
    ]);
    expect(longestSilence(heard)).toBe(2000);
  });

  test('is two voices when a second lies between them', () => {
    const voices = heardOf([900, ...times(50, 0), 900]).filter(({ type }) => type === 'bot');
    expect(voices.map(({ atMs }) => atMs)).toEqual([100, 1120]);
  });
});

describe('the command', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hookswitch-rehearse-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('needs nothing configured, keeps nothing, and tells of every carrier', async () => {
    const state = join(folder, 'state.json');
    const { code, stdout } = await runCli(['rehearse', 'demo', 'bot-dies'], {
      cwd: folder,
      env: { HOOKSWITCH_STATE: state },
    });
    expect(stdout).toMatch(
      /^bot-dies: demo\.local, while its bot breaks off in the middle of its greeting\n/,
    );
    for (const carrier of webhookCarriers) {
      const told = new RegExp(`\n {2}${carrier}\n +0\\.00 s {2}ring\n[^]*?voice, 0\\.\\d s\n[^]*?${SORRY}\n`);
      expect(stdout).toMatch(told);
    }
    expect(stdout).toMatch(/(\d+) of \1 callers were not left in silence\.\n$/);
    expect(code).toBe(0);
    await expect(import('node:fs/promises').then(({ stat }) => stat(state))).rejects.toThrow('ENOENT');
  });

  test('exits 1 when somebody is left in silence, and says so in JSON', async () => {
    writeFileSync(
      join(folder, 'rude.toml'),
      '[[agents]]\nagent_name = "rude"\nwebsocket_auth = "token"\nbots = ["demo:"]\nsteps = { no_session = [{ hang_up = true }] }\n',
    );
    const args = ['rehearse', 'rude', 'full', '--config', 'rude.toml', '--carrier', 'plivo', '--json'];
    const { code, stdout } = await runCli(args, { cwd: folder });
    expect(JSON.parse(stdout)).toMatchObject([
      { scene: 'full', carrier: 'plivo', agent: 'rude.local', verdict: { ok: false } },
    ]);
    expect(code).toBe(1);
  });

  test.each([
    [['nobody', 'full'], /there is no agent "nobody": use demo\.local/],
    [['demo', 'fire'], /"fire" is no scene: use bot-down, .*, or all/],
    [['demo', 'full', '--carrier', 'pigeon'], /"pigeon" is no carrier with a webhook: use .*twilio/],
    [['demo', 'full', '--max-silence', '61'], /more than 0 and at most 60/],
  ])('%j exits 2', async (args, expected) => {
    const { code, stderr } = await runCli(['rehearse', ...args], { cwd: folder });
    expect([code, stderr]).toEqual([2, expect.stringMatching(expected)]);
  });
});
