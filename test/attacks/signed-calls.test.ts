import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort, testBot, type TestBot } from '../helpers/bot.ts';
import { carrierOf, moduleOf, ring } from '../helpers/carriers.ts';
import { knock } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { secret } from '../helpers/leaks.ts';
import { expectNormalCall } from './alive.ts';
import { announced, FROM, signatureFor, signedGateway, signing, stream, strangerOf, TO } from './signed.ts';

let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot();
  gateway = await signedGateway(bot, {
    both: `websocket_auth = "token"\nwebsocket_signature = "required"\nbots = ["${bot.url}"]`,
    down: `websocket_auth = "signature"\nbots = ["ws://127.0.0.1:${await freePort()}/ws"]`,
  });
});
afterEach(() => expectNormalCall(gateway, 'support'));
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

describe.each(signing)('an agent that asks for the signature of %s', (name) => {
  test('takes what either of two secrets has signed, while one replaces the other', async () => {
    const variable = moduleOf(name).variables[1] ?? '';
    const [old, fresh] = [moduleOf(name).inventCredentials(), moduleOf(name).inventCredentials()];
    const account = moduleOf(name).variables[0] ?? '';
    const env = { ...old, [variable]: `${fresh[variable]}, ${old[variable]}` };
    const both = await testGateway({
      agents: { signed: `websocket_auth = "signature"\nbots = ["${bot.url}"]` },
      env,
    });
    for (const credentials of [old, { ...fresh, [account]: old[account] ?? '' }]) {
      const carrier = carrierOf(name, credentials);
      const url = `${both.ws}/ws/${name}/signed.local`;
      expect(await knock(url, { headers: signatureFor(carrier, url) })).toMatchObject({ status: 101 });
    }
    await both.close();
  });

  test('gives the call back when its bot is down: the carrier may try again', async () => {
    const one = await announced(name, 'down', gateway);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const client = await stream(one, one.call);
      expect(await client.closed).toMatchObject({ code: 1013 });
    }
  });

  test('asks for the signature beside the token, and leaves the token good without it', async () => {
    const one = await announced(name, 'both', gateway);
    expect(one.streamUrl).toMatch(/\/both\.local\/[^/]+\.[^/]+$/);
    expect(await knock(one.streamUrl)).toMatchObject({
      status: 403,
      body: expect.stringContaining('SIGNATURE'),
    });
    const wrong = signatureFor(strangerOf(name), one.streamUrl);
    expect(await knock(one.streamUrl, { headers: wrong })).toMatchObject({ status: 403 });
    const client = await stream(one, one.call);
    await expect.poll(() => client.texts().length).toBeGreaterThan(0);
    client.socket.close(1000);
    await client.closed;
    expect(await knock(one.streamUrl, { headers: one.headers })).toMatchObject({ status: 403 });
  });

  test('says in the log whether an agent that asks for the token only could ask for it too', async () => {
    const one = await announced(name, 'support', gateway);
    const wrong = signatureFor(strangerOf(name), one.streamUrl);
    const seen = [];
    for (const headers of [one.headers, wrong, {}]) {
      const again = await announced(name, 'support', gateway);
      const genuine = signatureFor(again.carrier, again.streamUrl);
      const client = await stream(
        { ...again, headers: headers === one.headers ? genuine : headers },
        again.call,
      );
      await expect.poll(() => client.texts().length).toBeGreaterThan(0);
      client.socket.close(1000);
      await client.closed;
      seen.push(gateway.log.findLast(({ msg }) => msg === 'call connected')?.['upgradeSignature']);
    }
    expect(seen).toEqual(['right', 'wrong', 'missing']);
  });
});

describe('an agent that asks for a signature', () => {
  test('is for carriers that sign: others are refused at the webhook, and at the socket', async () => {
    const carrier = carrierOf('telnyx', gateway.carriers);
    const rung = await ring(carrier, carrier.newCall(FROM, TO), `${gateway.http}/webhooks/telnyx/signed`);
    expect(rung).toMatchObject({ status: 200, streamUrl: '' });
    for (const url of [`${gateway.ws}/ws/telnyx/signed.local`, `${gateway.ws}/ws/generic/signed.local`]) {
      const { status, body } = await knock(url);
      expect(status).toBe(403);
      expect(body).toContain('twilio');
    }
  });

  test('takes a call from /start, and no start without one', async () => {
    const before = await gateway.store.count('local', 'signed');
    const call = { id: `CA${'ab'.repeat(16)}`, from: FROM, to: TO, direction: 'inbound' };
    const answer = await gateway.post('signed', JSON.stringify({ transport: 'twilio', call }));
    const first: unknown = await answer.json();
    expect(first).toEqual({ sessionId: expect.any(String), wsUrl: `${gateway.ws}/ws/twilio/signed.local` });
    // A retry of the webhook's function: the same session, not a second one, whatever body it has.
    const again = await gateway.post('signed', JSON.stringify({ transport: 'twilio', call, body: { a: 1 } }));
    expect(await again.json()).toEqual(first);
    expect(await gateway.store.count('local', 'signed')).toEqual({
      ...before,
      reserved: before.reserved + 1,
    });
    for (const request of [{}, { transport: 'twilio' }, { transport: 'telnyx', call }]) {
      const refused = await gateway.post('signed', JSON.stringify(request));
      expect(refused.status).toBe(400);
      expect(await refused.text()).toContain('sign their upgrades');
    }
  });

  test('has a slash at the end of what Twilio signed forgiven, and none at the end of the address', async () => {
    const one = await announced('twilio', 'signed', gateway);
    const token = gateway.carriers['TWILIO_AUTH_TOKEN'] ?? '';
    const signature = createHmac('sha1', token).update(`${one.streamUrl}/`).digest('base64');
    secret(signature);
    const headers = { 'x-twilio-signature': signature };
    expect(await knock(one.streamUrl, { headers })).toMatchObject({ status: 101 });
    expect(await knock(`${one.streamUrl}/`, { headers })).toMatchObject({ status: 404 });
  });

  test('takes no https signature of Twilio for a wss one', async () => {
    const one = await announced('twilio', 'signed', gateway);
    const headers = signatureFor(one.carrier, one.streamUrl.replace(/^ws/, 'http'));
    expect(await knock(one.streamUrl, { headers })).toMatchObject({ status: 403 });
  });

  test('does not believe Host or X-Forwarded-Host', async () => {
    const one = await announced('twilio', 'signed', gateway);
    const url = 'wss://evil.example/ws/twilio/signed.local';
    const host = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'wss' };
    const headers = { ...signatureFor(one.carrier, url), ...host };
    expect(await knock(one.streamUrl, { headers })).toMatchObject({ status: 403 });
  });
});
