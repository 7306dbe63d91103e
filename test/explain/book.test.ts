import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memoryBook, MAX_REFUSALS, type Refusal } from '../../gateway/explain/book.ts';
import { MAX_EXPLAINED } from '../../gateway/explain/explainer.ts';
import { MAX_VARIANTS } from '../../gateway/explain/signature.ts';
import { variantsOf } from '../../gateway/explain/variants.ts';
import { hashKey } from '../../gateway/keys.ts';
import { ask, upgradeText } from '../attacks/raw.ts';
import { carrierOf } from '../helpers/carriers.ts';
import { FROM, PUBLIC, refusalScene, TO, type RefusalScene } from './scene.ts';

const foreign = `sk_${'f'.repeat(40)}`;
let scene: RefusalScene;
beforeAll(async () => {
  const key = `private_keys = ["sha256:${hashKey(foreign)}"]`;
  scene = await refusalScene({ toml: `public_url = "${PUBLIC}"\n[[organizations]]\nname = "other"\n${key}` });
});
afterAll(() => scene.close());

const knock = (target: string): Promise<{ status: number }> => ask(scene.gateway.port, upgradeText(target));

describe('refusals', () => {
  test('show no number that stands in a path', async () => {
    scene.later();
    const carrier = carrierOf('twilio', scene.carriers);
    for (const path of [`/webhooks/twilio/${TO}`, `/webhooks/twilio/${encodeURIComponent(TO)}`]) {
      const before = await scene.count();
      const url = `${PUBLIC}/phone/${TO}`;
      const rung = carrier.ring(carrier.newCall(FROM, TO), { url, method: 'POST' }, Date.now());
      expect((await scene.deliver(rung, path, { 'x-original-uri': `/phone/${TO}` })).status).toBe(403);
      const found = await scene.newest(before + 1);
      expect(found).toMatchObject({ cause: 'path', judged: { path: `/webhooks/twilio/…${TO.slice(-4)}` } });
      expect(JSON.stringify(found)).not.toContain(TO.slice(1));
    }
  });

  test(`are explained ${MAX_EXPLAINED} times a second, and refused all the same above it`, async () => {
    scene.later();
    const before = scene.gateway.log.length;
    const known = await scene.count();
    const answers = await Promise.all(
      Array.from({ length: MAX_EXPLAINED + 3 }, () => knock('/ws/generic/support.local')),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 403));
    await expect.poll(scene.count).toBe(known + MAX_EXPLAINED);
    const lines = scene.gateway.log.slice(before).filter(({ msg }) => msg === 'socket refused');
    expect(lines.filter(({ refusal }) => refusal !== undefined)).toHaveLength(MAX_EXPLAINED);
    expect(lines).toHaveLength(MAX_EXPLAINED + 3);
    scene.later();
    await knock('/ws/generic/support.local');
    await expect.poll(scene.count).toBe(known + MAX_EXPLAINED + 1);
  });

  test('are for private keys of the first organization', async () => {
    const [first] = ((await (await scene.get('/v1/refusals')).json()) as { refusals: { id: string }[] })
      .refusals;
    for (const path of ['/v1/refusals', `/v1/refusals/${first?.id}`]) {
      expect((await scene.get(path)).status).toBe(200);
      expect((await scene.get(path, foreign)).status).toBe(404);
      expect((await scene.get(path, scene.gateway.publicKey)).status).toBe(401);
      expect((await fetch(scene.gateway.http + path)).status).toBe(401);
    }
    expect(await (await scene.get(`/v1/refusals/${first?.id}`)).json()).toEqual(first);
    const unknown = await scene.get('/v1/refusals/00000000');
    expect([unknown.status, await unknown.text()]).toEqual([
      404,
      expect.stringContaining('ERR_REFUSAL_UNKNOWN'),
    ]);
  });

  test('are short, whatever is sent', async () => {
    scene.later();
    const before = await scene.count();
    const carrier = carrierOf('twilio', scene.carriers);
    const rung = carrier.ring(
      carrier.newCall(FROM, TO),
      { url: `${PUBLIC}/other`, method: 'POST' },
      Date.now(),
    );
    const query = Array.from(
      { length: 199 },
      (_, at) => `${'\u001b[31m'.repeat(1)}n${at}=${'v'.repeat(20)}`,
    ).join('&');
    const target = `/webhooks/twilio/${'a'.repeat(1500)}?${encodeURI(query)}`;
    const headers = {
      'x-forwarded-host': 'h.example, '.repeat(60),
      'x-original-uri': `/${'p'.repeat(3000)}`,
    };
    expect((await scene.deliver(rung, target, headers)).status).toBe(403);
    const found = JSON.stringify(await scene.newest(before + 1));
    expect(found.length).toBeLessThan(8192);
    expect(found).not.toContain('\\u001b');
  });
});

test(`the last ${MAX_REFUSALS} refusals are remembered, the newest first`, async () => {
  const book = memoryBook();
  const refusal = { at: 0, door: 'webhook', endpoint: 'twilio' } as unknown as Refusal;
  for (let id = 0; id <= MAX_REFUSALS; id += 1) book.add({ ...refusal, id: `${id}` });
  const ids = (await book.list()).map(({ id }) => id);
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([MAX_REFUSALS, `${MAX_REFUSALS}`, '1']);
});

test(`a request that names everything is held against ${MAX_VARIANTS} spellings at most, the likeliest first`, () => {
  const headers = {
    host: 'a.example:1',
    'x-forwarded-host': 'b.example, c.example, d.example',
    'x-forwarded-prefix': '/p',
    'x-original-uri': '/q',
    'content-type': 'application/x-www-form-urlencoded',
  };
  const body = Array.from({ length: 200 }, (_, at) => `n${at}=a+b%20c`).join('&');
  const request = {
    method: 'POST',
    url: 'https://voice.example.com/webhooks/twilio?d=1&c=2&b=3&a=4',
    headers,
    body,
  };
  const all = [...variantsOf(request, true, { paths: ['/x'], ports: ['1', '2'] })];
  expect(all.length).toBeGreaterThan(MAX_VARIANTS);
  expect(all.length).toBeLessThan(10_000);
  expect(all[0]?.changes).toEqual([{ cause: 'scheme', words: 'over http://voice.example.com' }]);
});
