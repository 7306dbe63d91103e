import { describe, expect, test } from 'vitest';
import { hashKey } from '../../gateway/keys.ts';
import { carrierOf, openingOf, ring } from '../helpers/carriers.ts';
import { connect, knock } from '../helpers/client.ts';
import { expectSample, metricsUrl, observedScene, samples, scrape } from '../helpers/scrape.ts';

const FROM = '+15557360001';
const TO = '+15557360000';

const { observed } = observedScene();

describe('strangers', () => {
  test('make no series of their own', async () => {
    const gateway = await observed();
    const series = async (): Promise<number> =>
      [...(await samples(gateway)).keys()].filter((name) => name.startsWith('hookswitch_')).length;
    const strange = async (name: string): Promise<void> => {
      await gateway.post(name, '{}');
      await fetch(`${gateway.http}/webhooks/twilio/${name}`, { method: 'POST' });
      await fetch(`${gateway.http}/webhooks/${name}`, { method: 'POST' });
      await knock(`${gateway.ws}/ws/generic/${name}.local`);
      await knock(`${gateway.ws}/ws/${name}/a.local`);
      await knock(`${gateway.ws}/ws/twilio/a.local/${name}`);
    };
    await strange('first');
    const before = await series();
    for (let count = 0; count < 30; count += 1) await strange(`stranger-${count}`);
    expect(await series()).toBe(before);
    expect(await scrape(metricsUrl(gateway))).not.toContain('stranger');
  });

  test('find no token, key or number in it', async () => {
    const gateway = await observed();
    const carrier = carrierOf('telnyx', gateway.carriers);
    const call = carrier.newCall(FROM, TO);
    const { streamUrl } = await ring(carrier, call, `${gateway.http}/webhooks/telnyx/a`);
    const { token } = await gateway.start('a');
    await knock(`${gateway.ws}/ws/generic/a.local/${token}`);
    const caller = await connect(streamUrl);
    for (const line of openingOf('telnyx', carrier.newStream(call, {}))) caller.socket.send(line);
    await expectSample(gateway, 'hookswitch_live_sessions{agent="a.local"}', 1);
    const page = await scrape(metricsUrl(gateway));
    for (const secret of [
      token,
      gateway.publicKey,
      FROM,
      TO,
      FROM.slice(1),
      call.id,
      streamUrl.split('/').at(-1),
    ]) {
      expect(page).not.toContain(secret);
    }
    caller.socket.close(1000);
    await caller.closed;
  });
});

describe('who may read it:', () => {
  const KEY = `sk_${'k'.repeat(40)}`;
  const OTHER = `sk_${'o'.repeat(40)}`;
  const other = `[[organizations]]\nname = "other"\nprivate_keys = ["sha256:${hashKey(OTHER)}"]\n`;

  test.each([
    ['nobody', undefined, 401],
    ['a wrong key', `Bearer sk_${'x'.repeat(40)}`, 401],
    ['a public key', 'Bearer public', 401],
    ['the private key of another organisation', `Bearer ${OTHER}`, 401],
    ['the key in another scheme', `Basic ${KEY}`, 401],
    ['the private key', `Bearer ${KEY}`, 200],
  ])('on the main port, %s gets %s → %i', async (_, authorization, status) => {
    const gateway = await observed({ toml: other, env: { HOOKSWITCH_PRIVATE_KEYS: KEY } });
    const given = authorization === 'Bearer public' ? `Bearer ${gateway.publicKey}` : authorization;
    const answer = await fetch(`${gateway.http}/metrics`, {
      headers: given === undefined ? {} : { authorization: given },
    });
    const text = await answer.text();
    const expected = status === 200 ? '# TYPE hookswitch_live_sessions gauge' : '"reason":"ERR_KEY_UNKNOWN"';
    const type = status === 200 ? 'text/plain; version=0.0.4; charset=utf-8' : 'application/json';
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, type]);
    expect(text).toContain(expected);
    expect(gateway.metricsAddress).toBeNull();
  });

  test.each([
    ['GET', '/metrics', 200],
    ['GET', '/metrics?name[]=x', 200],
    ['GET', '/', 404],
    ['GET', '/metrics/x', 404],
    ['GET', '/x/metrics', 404],
    ['GET', '/start', 404],
    ['POST', '/metrics', 405],
  ])('on a port of its own, %s %s → %i', async (method, path, status) => {
    const gateway = await observed();
    expect((await fetch(`${metricsUrl(gateway)}${path}`, { method })).status).toBe(status);
    expect((await fetch(`${gateway.http}/metrics`)).status).toBe(404);
  });

  test('a port that is taken is a mistake of the configuration, and nothing listens', async () => {
    const { metricsAddress, port } = await observed();
    const taken = observed({ toml: `metrics_listen = "127.0.0.1:${metricsAddress?.port}"` });
    await expect(taken).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringMatching(/for metrics \(EADDRINUSE\).*metrics_listen/) as string,
    });
    expect(port).toBeGreaterThan(0);
  });

  test.each(['9464', '127.0.0.1', '127.0.0.1:65536', 'http://127.0.0.1:1', '*:9464'])(
    'metrics_listen = "%s" is a mistake',
    async (listen) => {
      const toml = `metrics_listen = "${listen}"`;
      await expect(observed({ toml })).rejects.toThrow('metrics_listen: write "host:port"');
    },
  );
});
