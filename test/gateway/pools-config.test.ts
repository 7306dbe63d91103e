import { deserialize, serialize } from 'node:v8';
import { expect, test } from 'vitest';
import { allProviders } from '../../gateway/carriers.ts';
import type { PoolOptions } from '../../gateway/agents.ts';
import { readConfig } from '../../gateway/config/config.ts';
import { readHandedConfig } from '../../gateway/config/handed-over.ts';
import { invent } from '../../gateway/config/invented.ts';

const read = (pool: string): ReturnType<typeof readConfig> =>
  readConfig({
    toml: `[[agents]]\nagent_name = "a"\nbots = ["ws://10.0.0.5/ws"]\n${pool}`,
    env: {},
    modules: allProviders,
    invent: () => invent(allProviders),
  });

const poolOf = (pool: string): PoolOptions | undefined => read(pool).organizations[0]?.agents[0]?.pool;

const defaults = { maxSessions: null, wait: 0, health: null, healthInterval: 5000, discovery: 'static' };

test.each([
  ['', {}],
  ['[agents.pool]', {}],
  ['[agents.pool]\nmax_sessions = 1', { maxSessions: 1 }],
  ['[agents.pool]\nwait = 0', { wait: 0 }],
  ['[agents.pool]\nwait = 0.5', { wait: 500 }],
  ['[agents.pool]\nwait = 300', { wait: 300_000 }],
  ['[agents.pool]\nhealth = "/"', { health: '/' }],
  ['[agents.pool]\nhealth = "/readyz?full=1"', { health: '/readyz?full=1' }],
  ['[agents.pool]\nhealth_interval = 1', { healthInterval: 1000 }],
  ['[agents.pool]\nhealth_interval = 3600', { healthInterval: 3_600_000 }],
  ['[agents.pool]\ndiscovery = "dns"', { discovery: 'dns' }],
])('%j says of a pool %j', (toml, said) => {
  expect(poolOf(toml)).toEqual({ ...defaults, ...said });
});

test.each([
  ['max_sessions = 0', 'max_sessions'],
  ['max_sessions = 1.5', 'max_sessions'],
  ['wait = -1', 'wait'],
  ['wait = 300.1', 'wait'],
  ['health = "readyz"', 'health: must be a path'],
  ['health = "http://other.test/"', 'health: must be a path'],
  ['health = "/a b"', 'health: must be a path'],
  ['health = "/a\\r\\nx: y"', 'health: must be a path'],
  ['health = "/é"', 'health: must be a path'],
  ['health = "/a#b"', 'health: must be a path'],
  [`health = "/${'x'.repeat(1024)}"`, 'health'],
  ['health_interval = 0.9', 'health_interval'],
  ['health_interval = 3601', 'health_interval'],
  ['discovery = "srv"', 'discovery: must be "static" or "dns"'],
  ['max_session = 1', 'max_session'],
])('%s is a mistake, and the report says where', (line, where) => {
  expect(() => read(`[agents.pool]\n${line}`)).toThrow(
    expect.objectContaining({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining('agents[0].pool'),
    }),
  );
  expect(() => read(`[agents.pool]\n${line}`)).toThrow(where);
});

test('a pool reaches the worker processes as it is', () => {
  const config = read('[agents.pool]\nmax_sessions = 1\nwait = 10\nhealth = "/readyz"\ndiscovery = "dns"');
  expect(readHandedConfig(deserialize(serialize(config))).organizations).toEqual(config.organizations);
});
