import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { allProviders } from '../../gateway/carriers.ts';
import { readConfig, type Config } from '../../gateway/config/config.ts';
import { readHandedConfig } from '../../gateway/config/handed-over.ts';
import { invent } from '../../gateway/config/invented.ts';
import { readOrder, readReport } from '../../cli/worker-messages.ts';
import type { Env } from '../../shared/env.ts';

function read(toml: string | null, env: Env = {}): Config {
  return readConfig({ toml, env, modules: allProviders, invent: () => invent(allProviders) });
}

describe('workers', () => {
  test.each([
    ['nothing', null, {}, 1],
    ['a number', 'workers = 4', {}, 4],
    ['"auto"', 'workers = "auto"', {}, availableParallelism()],
    ['the variable over the file', 'workers = 4', { HOOKSWITCH_WORKERS: '3' }, 3],
    ['"auto" in the variable', null, { HOOKSWITCH_WORKERS: 'auto' }, availableParallelism()],
    ['an empty variable', 'workers = 4', { HOOKSWITCH_WORKERS: '' }, 4],
  ])('%s', (_, toml, env, expected) => {
    expect(read(toml, env).workers).toBe(expected);
  });

  test.each(['0', '1.5', '-1', '257', '"all"', '"2"'])('%s is a mistake', (given) => {
    const mistake = /workers: must be 1 to 256, or "auto" for one per core/;
    expect(() => read(`workers = ${given}`)).toThrow(mistake);
  });
});

/** What a channel between processes does. */
function sent(message: unknown): unknown {
  return deserialize(serialize(message));
}

const full = `
  public_url = "https://voice.example.com"
  workers = 2
  [[agents]]
  agent_name = "a"
  websocket_auth = "token"
  bots = ["ws://10.0.0.5:8080/ws"]
  numbers = ["+15551230000"]
  max_session_duration = 60
  idle_timeout = 5
  allowed_origins = ["https://app.example.com"]
  [agents.scaling]
  max_agents = 5
  [agents.fallback]
  say = "Call later."
  [[organizations]]
  name = "other"`;
const secrets = {
  HOOKSWITCH_SECRETS: `k1:${randomBytes(32).toString('base64url')}`,
  HOOKSWITCH_BOT_SECRET: 'b',
};

describe('a configuration that is handed over', () => {
  test.each([
    ['nothing configured', null, {}],
    ['everything configured', full, secrets],
  ])('arrives as it was: %s', (_, toml, env) => {
    const config = read(toml, env);
    expect(readHandedConfig(sent(config))).toEqual(config);
    expect(readOrder(sent({ type: 'start', worker: 2, config }))).toEqual({
      type: 'start',
      worker: 2,
      config,
    });
  });

  test.each<[string, object]>([
    ['without limits', { limits: undefined }],
    ['with half of them', { limits: { maxSockets: 1 } }],
    ['with a key that is no bytes', { secrets: [{ kid: 'k1', key: 'text' }] }],
    ['with more than this release knows', { extra: 1 }],
  ])('is refused %s', (_, change) => {
    expect(() => readHandedConfig(sent({ ...read(null), ...change }))).toThrow(TypeError);
  });
});

test.each([
  null,
  1,
  'drain',
  {},
  { type: 'stop' },
  { type: 'drain', now: true },
  { type: 'start', worker: 0 },
])('%j is no order', (message) => {
  expect(readOrder(message)).toBeNull();
});

test.each([
  null,
  1,
  {},
  { type: 'ready', more: 1 },
  { type: 'failed' },
  { type: 'listening', publicUrl: '' },
])('%j is no report', (message) => {
  expect(readReport(message)).toBeNull();
});
