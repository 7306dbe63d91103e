import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Carrier } from '../../shared/carrier.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { carrierOf, moduleOf, openingOf } from '../helpers/carriers.ts';
import { connect, knock } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { secret } from '../helpers/leaks.ts';

const FROM = '+15557350001';
const TO = '+15557350000';
const [mine, sales] = [0, 1].map(() => `ss_${randomBytes(32).toString('hex')}`) as [string, string];
secret(mine, sales);

let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot();
  gateway = await testGateway({
    agents: { support: bot.url, sales: bot.url },
    env: { HOOKSWITCH_STREAM_SECRETS: `support=${mine},sales=${sales}` },
  });
});
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

/** Plays the first message(s) of a call that the carrier opens at `url`; gives what the bot was told. */
async function call(
  carrier: Carrier,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const announced = carrier.newCall(FROM, TO);
  const before = bot.dials.length;
  const client = await connect(url, { headers: { ...headers } });
  const opening = openingOf(carrier.name, carrier.newStream(announced, {}));
  for (const message of opening) client.socket.send(message);
  await expect.poll(() => client.messages.length).toBe(opening.length);
  client.socket.close(1000);
  await client.closed;
  const { headers: dialled = {} } = bot.dials[before] ?? {};
  expect(dialled['x-call-id']).toBe(encodeURIComponent(announced.id));
  return dialled;
}

const facts = { 'x-call-from': encodeURIComponent(FROM), 'x-call-to': encodeURIComponent(TO) };

describe('Exotel, with a static secret in the path', () => {
  const at = (path: string): string => `${gateway.ws}/ws/exotel/${path}`;

  test('reaches the bot as often as it calls, and the bot knows who calls', async () => {
    const carrier = carrierOf('exotel', gateway.carriers);
    for (let count = 0; count < 2; count += 1) {
      expect(await call(carrier, at(`support.local/${mine}`), {})).toMatchObject({
        'x-call-provider': 'exotel',
        ...facts,
      });
    }
  });

  test.each([
    ['none', ''],
    ['one of another agent', `/${sales}`],
    ['a shorter one', `/${mine.slice(0, -1)}`],
    ['a longer one', `/${mine}0`],
    ['one in capitals', `/${mine.toUpperCase()}`],
    ['its hash', `/sha256:${'0'.repeat(64)}`],
  ])('is refused before any WebSocket with %s', async (_, path) => {
    expect(await knock(at(`support.local${path}`))).toMatchObject({ status: 403 });
  });

  test.each(['twilio', 'plivo', 'generic'])('opens nothing at /ws/%s', async (name) => {
    expect(await knock(`${gateway.ws}/ws/${name}/support.local/${mine}`)).toMatchObject({ status: 403 });
  });

  test('of another account is sent away, and no bot is dialled', async () => {
    const stranger = carrierOf('exotel', moduleOf('exotel').inventCredentials());
    const before = bot.dials.length;
    const client = await connect(at(`support.local/${mine}`));
    for (const message of openingOf('exotel', stranger.newStream(stranger.newCall(FROM, TO), {}))) {
      client.socket.send(message);
    }
    expect(await client.closed).toEqual({ code: 1008, reason: 'the stream is of another account' });
    expect(bot.dials).toHaveLength(before);
  });
});

describe('Genesys, which signs its upgrades', () => {
  const url = (): string => `${gateway.ws}/ws/genesys/support.local`;
  const carrier = (): Carrier => carrierOf('genesys', gateway.carriers);

  test('reaches the bot without any token, and what is said passes untouched', async () => {
    const caller = carrier();
    expect(await call(caller, url(), caller.upgradeHeaders(url()))).toMatchObject({
      'x-call-provider': 'genesys',
      ...facts,
    });
  });

  test('is refused when it says the same again', async () => {
    const headers = { ...carrier().upgradeHeaders(url()) };
    expect(await knock(url(), { headers })).toMatchObject({ status: 101 });
    expect(await knock(url(), { headers })).toMatchObject({ status: 403 });
  });

  test.each([
    ['for another agent', (signed: string) => signed.replace('support', 'sales')],
    ['for another carrier', (signed: string) => signed.replace('genesys', 'exotel')],
    ['without a query', (signed: string) => `${signed}?body=e30`],
  ])('is refused where the signature is %s', async (_, moved) => {
    const headers = { ...carrier().upgradeHeaders(url()) };
    expect((await knock(moved(url()), { headers })).status).toBeGreaterThanOrEqual(400);
  });

  test('is refused unsigned, with the static secret of the agent too, and the log says why', async () => {
    for (const path of ['', `/${mine}`]) expect(await knock(url() + path)).toMatchObject({ status: 403 });
    expect(gateway.log.find(({ cause }) => cause === 'no Signature-Input header')).toMatchObject({
      endpoint: 'genesys',
      code: 'ERR_SIGNATURE_REFUSED',
    });
  });

  test('of another organization is refused, whichever message names it', async () => {
    const stranger = carrierOf('genesys', moduleOf('genesys').inventCredentials());
    expect(await knock(url(), { headers: { ...stranger.upgradeHeaders(url()) } })).toMatchObject({
      status: 403,
    });
    const caller = carrier();
    const client = await connect(url(), { headers: { ...caller.upgradeHeaders(url()) } });
    const [open = ''] = openingOf('genesys', stranger.newStream(caller.newCall(FROM, TO), {}));
    client.socket.send(open);
    expect(await client.closed).toEqual({ code: 1008, reason: 'the stream is of another account' });
  });
});
