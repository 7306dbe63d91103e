import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../shared/http.ts';
import { carrierOf, moduleOf } from '../helpers/carriers.ts';
import { secret } from '../helpers/leaks.ts';
import { FROM, PUBLIC, refusalScene, TO, type Explained, type RefusalScene } from './scene.ts';
import { tables, without } from './webhook-variants.ts';

let scene: RefusalScene;
beforeAll(async () => {
  scene = await refusalScene();
});
beforeEach(() => scene.later());
afterAll(() => scene.close());

describe.each(Object.entries(tables))('a webhook of %s that is refused', (name, variants) => {
  test.each(Object.entries(variants))('because of %s says so, and what to change', async (which, variant) => {
    const { gateway, deliver, newest, count } = scene;
    const env = which === 'another secret' ? strangers(name, scene.carriers) : scene.carriers;
    const carrier = carrierOf(name, env);
    const url = variant.signed ?? `${PUBLIC}/webhooks/${name}`;
    const before = await count();
    const rung = carrier.ring(
      carrier.newCall(FROM, TO),
      { url, method: variant.method ?? 'POST' },
      Date.now() - (variant.age ?? 0),
    );
    const sent = variant.change?.(rung) ?? rung;
    const query =
      sent.method === 'GET' && sent.url.includes('?') ? sent.url.slice(sent.url.indexOf('?')) : '';
    const answer = await deliver(sent, (variant.target ?? `/webhooks/${name}`) + query, variant.headers);
    expect(answer.status).toBe(403);
    expect(answer.body).not.toContain('explain'); // the sender learns nothing

    const found = await newest(before + 1);
    expect(found).toMatchObject({
      cause: variant.cause,
      setting: expect.stringContaining(variant.setting),
      door: 'webhook',
      endpoint: name,
      judged: { scheme: 'https', host: 'voice.example.com' },
    });
    expect(
      gateway.log.find(({ msg, reason }) => msg === 'webhook refused' && String(reason).includes(found.id)),
    ).toBeDefined();
    expect(
      gateway.log.find(({ msg, refusal }) => msg === 'refusal explained' && refusal === found.id),
    ).toMatchObject({ cause: variant.cause });
    expectNothingSecret(found, sent, scene.carriers);
  });
});

/** The same account, with other secrets. */
function strangers(name: string, env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const invented = moduleOf(name).inventCredentials();
  const account = moduleOf(name).variables[0] ?? '';
  secret(...Object.values(invented));
  return { ...invented, [account]: env[account] ?? '' };
}

function expectNothingSecret(
  found: Explained,
  { headers }: HttpRequest,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const text = JSON.stringify([found, scene.gateway.log]);
  const secrets = Object.entries({ ...headers, ...env }).filter(
    ([name, value]) => value && /signature|token|key/i.test(name) && !/PUBLIC_KEY|nonce/.test(name),
  );
  expect(secrets.filter(([, value = '']) => text.includes(value))).toEqual([]);
  for (const number of [FROM, TO]) expect(text).not.toContain(number.slice(1));
}

test('a genuine webhook of one carrier at the address of another one is recognised', async () => {
  const { deliver, newest, count } = scene;
  const before = await count();
  const plivo = carrierOf('plivo', scene.carriers);
  const rung = plivo.ring(
    plivo.newCall(FROM, TO),
    { url: `${PUBLIC}/webhooks/telnyx`, method: 'POST' },
    Date.now(),
  );
  const named = {
    ...rung,
    headers: {
      ...rung.headers,
      'telnyx-timestamp': `${Math.floor(Date.now() / 1000)}`,
      'telnyx-signature-ed25519': `${'A'.repeat(86)}==`,
    },
  };
  expect((await deliver(named, '/webhooks/telnyx')).status).toBe(403);
  expect(await newest(before + 1)).toMatchObject({
    cause: 'other-carrier',
    setting: expect.stringContaining('/webhooks/plivo'),
  });
});

test('the header of a sub-account alone says whose token is needed', async () => {
  const { deliver, newest, count } = scene;
  const before = await count();
  const plivo = carrierOf('plivo', strangers('plivo', scene.carriers));
  const rung = plivo.ring(
    plivo.newCall(FROM, TO),
    { url: `${PUBLIC}/webhooks/plivo`, method: 'POST' },
    Date.now(),
  );
  await deliver(without('x-plivo-signature-ma-v3')(rung), '/webhooks/plivo');
  expect(await newest(before + 1)).toMatchObject({
    cause: 'secret',
    sentence: expect.stringContaining('(sub-)account'),
  });
});
