import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { stringify } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { allProviders } from '../../gateway/carriers.ts';
import { readConfig, type Config } from '../../gateway/config/config.ts';
import { readHandedConfig } from '../../gateway/config/handed-over.ts';
import { invent } from '../../gateway/config/invented.ts';
import { MAX_STEP_URL, MAX_STEPS, MAX_STEPS_BYTES, stepsTable } from '../../gateway/config/steps.ts';
import { DEFAULT_STEPS, MOMENTS } from '../../gateway/steps/steps.ts';
import type { Step } from '../../shared/carrier.ts';
import { MAX_SAY } from '../../shared/steps.ts';

const invented = invent(allProviders);

function read(toml: string): Config {
  return readConfig({ toml, env: {}, modules: allProviders, invent: () => invented });
}

/** An agent with these tables under it. */
function agent(name: string, tables: string): string {
  return `[[agents]]\nagent_name = "${name}"\nwebsocket_auth = "token"\nbots = ["ws://10.0.0.5/ws"]\n${tables}\n`;
}

function steps(...lines: string[]): string {
  return agent('a', `[agents.steps]\n${lines.join('\n')}`);
}

function stepsIn(toml: string): unknown {
  return read(toml).organizations[0]?.agents[0]?.steps;
}

const sorry: Step[] = [{ type: 'say', text: 'Sorry.' }];

describe('the steps of an agent', () => {
  test.each([
    ['nothing said', agent('a', ''), DEFAULT_STEPS],
    [
      'a fallback stands for all that goes wrong',
      agent(
        'a',
        '[agents.fallback]\nredirect = "https://example.com/x"\ndial = "+15559990000"\nsay = "Sorry."',
      ),
      Object.fromEntries(
        MOMENTS.map((moment) => [
          moment,
          moment === 'goodbye'
            ? DEFAULT_STEPS.goodbye
            : [
                ...sorry,
                { type: 'dial', number: '+15559990000' },
                { type: 'redirect', url: 'https://example.com/x', method: 'POST' },
              ],
        ]),
      ),
    ],
    [
      'steps before a fallback',
      agent('a', '[agents.fallback]\nsay = "Sorry."\n[agents.steps]\nbot_lost = [{ hang_up = true }]'),
      { ...DEFAULT_STEPS, no_session: sorry, bot_unreachable: sorry, bot_lost: [{ type: 'hangUp' }] },
    ],
    [
      'every kind of step, and other agents',
      steps(
        'no_session = [{ say = "Sorry." }, { play = "https://a.com/b.mp3?c=d" }, { dial = "+15559990000" }, { agent = "b" }]',
        'goodbye = [{ redirect = "https://a.com/" }]',
      ) + agent('b', ''),
      {
        ...DEFAULT_STEPS,
        no_session: [
          ...sorry,
          { type: 'play', url: 'https://a.com/b.mp3?c=d' },
          { type: 'dial', number: '+15559990000' },
          { type: 'agent', name: 'b' },
        ],
        goodbye: [{ type: 'redirect', url: 'https://a.com/', method: 'POST' }],
      },
    ],
  ])('%s', (_, toml, expected) => {
    expect(stepsIn(toml)).toEqual(expected);
    const handed: unknown = deserialize(serialize(read(toml)));
    expect(readHandedConfig(handed).organizations[0]?.agents[0]?.steps).toEqual(expected);
  });

  const oneKind =
    /agents\[0\]\.steps\.bot_lost\[0\]: a step is a table with one of say, play, dial, agent, redir/;
  test.each([
    ['a moment that there is not', 'bot_dead = [{ hang_up = true }]', /steps.*bot_dead/],
    ['a table instead of a list', 'bot_lost = { say = "a" }', /steps\.bot_lost: /],
    ['no step', 'bot_lost = []', /steps\.bot_lost: name at least one step, such as \{ hang_up = true \}/],
    ['an unknown step', 'bot_lost = [{ sing = "a" }]', oneKind],
    ['two in one', 'bot_lost = [{ say = "a", dial = "+15551" }]', oneKind],
    ['an empty one', 'bot_lost = [{}]', oneKind],
    ['an inherited name', 'bot_lost = [{ toString = "a" }]', oneKind],
    [
      'a sentence of spaces',
      'bot_lost = [{ say = " . " }]',
      /bot_lost\[0\]\.say: must hold something that can/,
    ],
    ['a national number', 'bot_lost = [{ dial = "0555" }]', /bot_lost\[0\]\.dial: write numbers in E\.164/],
    ['a file on the disk', 'bot_lost = [{ play = "/a.mp3" }]', /bot_lost\[0\]\.play: must be a URL/],
    ['a URL with a password', 'bot_lost = [{ play = "https://a:b@c.com/" }]', /play: must be a URL/],
    ['a script', 'bot_lost = [{ redirect = "javascript:alert(1)" }]', /redirect: must be a URL/],
    ['hang_up = false', 'bot_lost = [{ hang_up = false }]', /bot_lost\[0\]\.hang_up: must be true/],
    [
      'a step after hang_up',
      'bot_lost = [{ hang_up = true }, { say = "a" }]',
      /bot_lost\[1\]: nothing follows hang_up/,
    ],
    [
      'a step after a redirect',
      'goodbye = [{ redirect = "https://a.com" }, { say = "a" }]',
      /nothing follows redirect/,
    ],
    ['a step after an agent', 'goodbye = [{ agent = "b" }, { say = "a" }]', /nothing follows agent/],
    [
      'an agent nobody knows',
      'goodbye = [{ agent = "b" }]',
      /steps\.goodbye: there is no agent b in organization local/,
    ],
    [
      'a goodbye that nobody would hear',
      `goodbye = [{ say = "a" }]\n${agent('b', 'end_call_when_bot_leaves = true\n[agents.steps]\ngoodbye = [{ say = "a" }]')}`,
      /agents\[1\]\.steps\.goodbye: end_call_when_bot_leaves ends the call first/,
    ],
    [
      'the agent itself',
      'no_session = [{ agent = "a" }]',
      /no_session: agents hand the call on in a circle: a → a\./,
    ],
  ])('%s is a mistake', (_, line, expected) => {
    expect(() => read(steps(line))).toThrow(expected);
  });

  test('agents that hand calls on in a circle are named once', () => {
    const to = (name: string, moment = 'bot_lost'): string =>
      `[agents.steps]\n${moment} = [{ agent = "${name}" }]`;
    const circle = agent('d', to('a')) + agent('a', to('b')) + agent('b', to('c')) + agent('c', to('a'));
    expect(() => read(circle)).toThrow(/one mistake:\n {2}agents\[1\]\.steps\.bot_lost: .*a → b → c → a\./);
    expect(() => read(agent('a', to('b')) + agent('b', to('a', 'goodbye')))).not.toThrow();
  });

  test('what check prints is read as the same steps', () => {
    const all = `no_session = [{ say = "a" }, { play = "https://a.com/b" }, { dial = "+15551" }, { redirect = "https://a.com/" }]
      bot_unreachable = [{ agent = "b" }]`;
    const before = read(steps(all) + agent('b', '')).organizations[0]?.agents[0]?.steps;
    const printed = stringify({ steps: before && stepsTable(before) }).replaceAll(
      '[[steps.',
      '[[agents.steps.',
    );
    expect(stepsIn(agent('a', printed) + agent('b', ''))).toEqual(before);
  });

  test('the example in the documentation is one', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/when-there-is-no-bot.md'), 'utf8');
    const [, example = ''] = /```toml\n([^]*?)```/.exec(page) ?? [];
    expect(stepsIn(example)).toMatchObject({ bot_unreachable: [{ type: 'agent', name: 'backup' }] });
    for (const limit of [MAX_STEPS, MAX_SAY, MAX_STEPS_BYTES]) {
      expect(page).toContain(limit.toLocaleString('en'));
    }
  });

  test('no agent is handed a call by another organization', () => {
    const other =
      '[[organizations]]\nname = "other"\n[[organizations.agents]]\nagent_name = "b"\nbots = ["ws://b/ws"]';
    expect(() => read(`${steps('goodbye = [{ agent = "b" }]')}${other}`)).toThrow(
      /no agent b in organization local/,
    );
  });
});

describe('limits of steps', () => {
  const list = (...all: string[]): string => steps(`bot_lost = [${all.join(', ')}]`);
  const say = (text: string): string => `{ say = ${JSON.stringify(text)} }`;
  const url = (length: number): string => `{ play = "https://a.com/${'x'.repeat(length - 14)}" }`;
  /** Sentences of characters that take six bytes each in a document; `last`: of the last sentence. */
  const heavy = (last: number): string =>
    list(...Array.from({ length: 3 }, () => say(`${'&'.repeat(2999)}a`)), say(`${'&'.repeat(last)}a`));

  test.each([
    ['a sentence', list(say('a'.repeat(MAX_SAY))), list(say('a'.repeat(MAX_SAY + 1)))],
    ['a URL', list(url(MAX_STEP_URL)), list(url(MAX_STEP_URL + 1))],
    [
      'steps',
      list(...Array.from({ length: MAX_STEPS }, () => say('a'))),
      list(...Array.from({ length: MAX_STEPS + 1 }, () => say('a'))),
    ],
    // The first three are 2999 × 6 + 1 + "say" bytes each.
    ['bytes', heavy(Math.floor((MAX_STEPS_BYTES - 3 * 17_998 - 3) / 6)), heavy(1001)],
  ])('%s: one more is a mistake', (_, most, tooMuch) => {
    expect(() => read(most)).not.toThrow();
    expect(() => read(tooMuch)).toThrow(/agents\[0\]\.steps\.bot_lost/);
  });

  test('the longest steps fit into a document of every carrier', () => {
    const longest = read(heavy(994)).organizations[0]?.agents[0]?.steps.bot_lost ?? [];
    const most = longest.filter((step) => step.type !== 'agent');
    for (const module of allProviders) {
      const provider = module.configure(invented.carriers);
      const carrier = module.carrier(invented.carriers);
      if (!provider || !carrier || module.streamsOnly) continue;
      const { body } = provider.decline(most);
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(carrier.maxDocumentBytes);
    }
  });
});
