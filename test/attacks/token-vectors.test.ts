import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { tokenSigner } from '../../gateway/token.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { secret } from '../helpers/leaks.ts';
import { expectNormalCall } from './alive.ts';
import { macOf, secretOf } from './forge.ts';
import { placements, type Placement } from './placements.ts';
import { ask, inParallel, type RawAnswer } from './raw.ts';
import { tokenVectors } from './vectors.ts';

const { now, serviceHost, valid, refused } = tokenVectors;
const master = secretOf(tokenVectors.secret);
const signer = tokenSigner([master], () => now);

let bot: TestBot;
let gateway: TestGateway;
let storeAccesses = 0;
let refusal: RawAnswer;

beforeAll(async () => {
  secret(valid, ...refused.map(({ token }) => token).filter((token) => token.length > 60));
  bot = await testBot();
  gateway = await testGateway({
    toml: 'organization = "acme"',
    agents: { support: bot.url },
    env: { HOOKSWITCH_SECRETS: tokenVectors.secret },
    now: () => now,
    store: (memory) => ({
      ...memory,
      take(key) {
        storeAccesses += 1;
        return memory.take(key);
      },
    }),
  });
  await issueValid();
  refusal = await ask(gateway.port, placements[2]?.request(serviceHost, 'no-token-at-all') ?? '');
});
afterEach(() => expectNormalCall(gateway, 'support'));
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

/** Puts the valid token on the list of those that may be used once. */
async function issueValid(): Promise<void> {
  const grant = signer.read(valid);
  if (!grant) throw new Error('the valid token of the vectors is not valid');
  const session = { agent: 'support', organization: 'acme', provider: 'generic', call: null, body: null };
  await gateway.store.issue({ ...session, id: valid.slice(-36), createdAt: now }, grant, null);
}

/** Refused like every other token, where the text can stand as it is; and refused somehow where it cannot. */
async function expectRefused(token: string, placement: Placement): Promise<void> {
  // HTTP itself ends a header or a target at a blank or a line break: the valid token is what would arrive.
  if (token !== valid && token.trimEnd() === valid) return;
  const answer = await ask(gateway.port, placement.request(serviceHost, token));
  const isRefused = placement.holds(token) ? answer.text === refusal.text : isSomeRefusal(answer);
  expect({ isRefused, token, placement: placement.name, answer }).toMatchObject({ isRefused: true });
}

function isSomeRefusal({ status }: RawAnswer): boolean {
  return [400, 403, 404].includes(status);
}

/** Nothing was asked of the store, no bot was dialled, and the real token still opens one socket. */
async function expectNothingSpent(dialsBefore: number): Promise<void> {
  expect(storeAccesses).toBe(0);
  expect(bot.dials.length).toBe(dialsBefore);
  const [, , path] = placements;
  expect(await ask(gateway.port, path?.request(serviceHost, valid) ?? '')).toMatchObject({ status: 101 });
  expect(await ask(gateway.port, path?.request(serviceHost, valid) ?? '')).toMatchObject({ status: 403 });
  expect(bot.dials.length).toBe(dialsBefore + 1);
}

/** A fresh list for the same token. */
async function again(): Promise<number> {
  await issueValid();
  storeAccesses = 0;
  return bot.dials.length;
}

describe('the published tokens', () => {
  test('say the truth about their MACs', () => {
    const isRight = (token: string): boolean => {
      const dot = token.lastIndexOf('.');
      return macOf(master, token.slice(0, dot)) === token.slice(dot + 1);
    };
    expect(isRight(valid)).toBe(true);
    expect(refused.filter(({ token }) => isRight(token))).toEqual(
      refused.filter(({ mac }) => mac === 'valid'),
    );
    expect(new Set(refused.map(({ token }) => token)).size).toBe(refused.length);
  });

  test.each(refused)('$name: not read', ({ token }) => {
    expect(signer.read(token)).toBeNull();
  });

  test('are all refused alike in the header, the query and the path, and cost nothing', async () => {
    const before = await again();
    expect(refusal.status).toBe(403);
    expect(JSON.parse(refusal.body)).toMatchObject({ code: '403', error: expect.any(String) });
    const attempts = refused.flatMap(({ token }) => placements.map((placement) => ({ token, placement })));
    await inParallel(attempts, 16, ({ token, placement }) => expectRefused(token, placement));
    await expectNothingSpent(before);
  });

  test('no token at all is refused in the same words', async () => {
    const target = `GET /ws/generic/${serviceHost} `;
    const request = placements[2]?.request(serviceHost, 'x').replace(/^GET \S+ /, target) ?? '';
    expect((await ask(gateway.port, request)).text).toBe(refusal.text);
  });
});

describe('a token with one bit flipped', () => {
  const flips = Array.from({ length: valid.length * 8 }, (_, bit) => {
    const bytes = Buffer.from(valid);
    bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    return bytes.toString('latin1');
  });

  test('is not read', () => {
    expect(flips.filter((flipped) => signer.read(flipped) !== null)).toEqual([]);
  });

  test('is refused like every other, and costs nothing', async () => {
    const before = await again();
    expect(flips).toHaveLength(valid.length * 8);
    await inParallel(flips, 16, async (flipped, bit) => {
      const placement = placements[bit % placements.length];
      if (placement) await expectRefused(flipped, placement);
    });
    await expectNothingSpent(before);
  });
});

test('a forged token of any length is refused before anything is computed or stored', async () => {
  const before = await again();
  expect(before).toBeGreaterThan(0);
  for (const length of [61, 444, 512, 4096, 7000]) {
    const forged = `${'A'.repeat(length - 44)}.${'A'.repeat(43)}`;
    for (const placement of placements) await expectRefused(forged, placement);
  }
  for (const length of [9000, 17_000, 65_536, 1_048_576]) {
    for (const placement of placements) {
      const { status } = await ask(gateway.port, placement.request(serviceHost, 'A'.repeat(length)));
      expect([403, 414, 431]).toContain(status);
    }
  }
  await expectNothingSpent(before);
});
