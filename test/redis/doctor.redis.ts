import { afterEach, expect, test } from 'vitest';
import type { Finding } from '../../cli/doctor/finding.ts';
import type { DoctorScene } from '../../cli/doctor/scene.ts';
import { checkStore } from '../../cli/doctor/store.ts';
import { readRedisUrl } from '../../gateway/sessions/redis/target.ts';
import { freePort } from '../helpers/bot.ts';
import { testRedis, type TestRedis } from '../helpers/redis.ts';
import { leastRights } from './scene.ts';

let redis: TestRedis | null = null;
afterEach(async () => {
  await redis?.close();
  redis = null;
});

/** What the doctor says about the Redis at a URL. */
async function findings(url: string): Promise<Finding[]> {
  const config = { store: readRedisUrl(url), workers: 1 };
  const found: Finding[] = [];
  for await (const finding of checkStore({ config } as DoctorScene)) found.push(finding);
  return found;
}

async function started(...args: string[]): Promise<TestRedis> {
  redis = await testRedis({ args });
  return redis;
}

test('with the rights of the documentation, all that is needed may be asked, and nothing is left behind', async () => {
  const { port, admin } = await started(...leastRights);
  expect(await findings(`redis://hookswitch:test@127.0.0.1:${port}/0`)).toEqual([
    {
      check: 'Redis',
      status: 'ok',
      detail: expect.stringMatching(/^redis:\/\/hookswitch:\*\*\*@.* answers/) as string,
    },
    { check: 'Redis eviction', status: 'skip', detail: expect.stringMatching(/noeviction/) as string },
    { check: 'Redis persistence', status: 'skip', detail: expect.any(String) as string },
  ]);
  expect(await admin.dbSize()).toBe(0);
});

test('a right that is missing is named', async () => {
  const { port, admin } = await started();
  await admin.sendCommand([
    'ACL',
    'SETUSER',
    'poor',
    'on',
    '>test',
    '~hs:*',
    '&hs:*',
    '+@all',
    '-zpopmin',
    '-publish',
  ]);
  const [rights] = await findings(`redis://poor:test@127.0.0.1:${port}`);
  expect(rights).toMatchObject({ status: 'fail', detail: 'refuses zpopmin (NOPERM), publish (NOPERM)' });
});

test.each([
  [[], 'warn', /noeviction|allkeys|volatile/, 'ok', /restart refuses/],
  [
    ['--maxmemory', '10mb', '--maxmemory-policy', 'allkeys-lru'],
    'fail',
    /allkeys-lru/,
    'ok',
    /restart refuses/,
  ],
  [['--maxmemory-policy', 'noeviction', '--appendonly', 'yes'], 'ok', /noeviction/, 'warn', /everysec/],
  [['--appendonly', 'yes', '--appendfsync', 'always'], 'ok', /noeviction/, 'ok', /every change/],
] as const)('%j', async (args, eviction, policy, persistence, writes) => {
  const { port } = await started(...args);
  const [, evicts, keeps] = await findings(`redis://127.0.0.1:${port}`);
  const isDefault = args.length === 0;
  expect(evicts).toMatchObject({
    status: isDefault ? 'ok' : eviction,
    detail: expect.stringMatching(policy) as string,
  });
  expect(keeps).toMatchObject({ status: persistence, detail: expect.stringMatching(writes) as string });
});

test('of several hosts the primary is asked; a wrong password, and nobody there, are told apart', async () => {
  const { port } = await started(...leastRights);
  const gone = await freePort();
  const status = async (url: string): Promise<string> =>
    (await findings(url)).map(({ detail }) => detail)[0] ?? '';
  expect(await status(`redis://hookswitch:test@127.0.0.1:${gone},127.0.0.1:${port}`)).toMatch(
    /answers, and may be asked/,
  );
  expect(await status(`redis://hookswitch:wrong-secret@127.0.0.1:${port}`)).toMatch(
    /^redis:\/\/hookswitch:\*\*\*@127\.0\.0\.1:\d+\/0: (WRONGPASS|ERR)/,
  );
  expect(await status(`redis://127.0.0.1:${gone}`)).toMatch(/ECONNREFUSED/);
});
