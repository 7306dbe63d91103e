import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { echo, testBot, type TestBot } from '../helpers/bot.ts';
import { connect } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { expectNormalCall } from './alive.ts';
import { maskedFrame } from './frame.ts';
import { answered, ask, upgradeText, wireTo } from './raw.ts';

const heard: string[] = [];
let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot({
    talk: (socket) => {
      socket.on('message', (data: Buffer) => heard.push(data.toString()));
      echo(socket);
    },
  });
  gateway = await testGateway({
    agents: {
      support: bot.url,
      open: `websocket_auth = "none"\nbots = ["${bot.url}"]`,
      shop: `websocket_auth = "token"\nbots = ["${bot.url}"]\nallowed_origins = ["https://shop.example"]`,
    },
  });
});
afterEach(() => expectNormalCall(gateway, 'support'));
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

describe('a page', () => {
  test.each([
    ['no Origin', [], 101],
    ['a listed Origin', ['Origin: https://shop.example'], 101],
    ['another Origin', ['Origin: https://evil.example'], 403],
    ['the listed Origin on another port', ['Origin: https://shop.example:8443'], 403],
    ['the listed Origin without TLS', ['Origin: http://shop.example'], 403],
    ['an Origin that begins like it', ['Origin: https://shop.example.evil.example'], 403],
    ['an Origin in upper case', ['Origin: HTTPS://SHOP.EXAMPLE'], 403],
    ['Origin: null', ['Origin: null'], 403],
    ['an empty Origin', ['Origin:'], 403],
    ['two Origins', ['Origin: https://shop.example', 'Origin: https://evil.example'], 403],
  ])('with %s', async (_, lines, status) => {
    const { token } = await gateway.start('shop');
    const target = `/ws/generic/shop.local/${token}`;
    expect(await ask(gateway.port, upgradeText(target, lines))).toMatchObject({ status });
    expect(await ask(gateway.port, upgradeText(target))).toMatchObject({
      status: status === 101 ? 403 : 101,
    });
  });

  test('of any origin is refused where none is listed, also without tokens', async () => {
    const answer = await ask(
      gateway.port,
      upgradeText('/ws/generic/open.local', ['Origin: https://shop.example']),
    );
    expect(answer.status).toBe(403);
  });
});

test('no header of the caller reaches the bot', async () => {
  const { wsUrl, token } = await gateway.start('support', { body: { a: 1 } });
  const forged = {
    cookie: 'session=1',
    'proxy-authorization': 'Basic dTpw',
    'x-forwarded-for': '10.0.0.1',
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'https',
    forwarded: 'for=10.0.0.1',
    'x-real-ip': '10.0.0.1',
    'x-call-from': 'forged',
    'x-call-id': 'forged',
    'x-daily-session-id': 'forged',
    'x-session-credential': 'forged',
    'x-session-body-url': 'http://evil.test/',
    'x-gateway-signature': 't=1,v1=forged',
    'user-agent': 'forged',
    'x-api-key': 'forged',
  };
  const before = bot.dials.length;
  const caller = await connect(wsUrl, { headers: { ...forged, authorization: `Bearer ${token}` } });
  const { headers = {} } = bot.dials[before] ?? {};
  expect(Object.keys(headers).toSorted()).toEqual([
    'connection',
    'host',
    'sec-websocket-key',
    'sec-websocket-version',
    'upgrade',
    'x-daily-session-id',
    'x-session-body-url',
    'x-session-credential',
  ]);
  expect(JSON.stringify(headers)).not.toMatch(/forged|evil|10\.0\.0\.1/);
  expect(JSON.stringify(headers)).not.toContain(token);
  caller.socket.terminate();
});

test('what a caller sends with its request is heard after the 101, not before it', async () => {
  const { token } = await gateway.start('support');
  const wire = wireTo(gateway.port);
  wire.send(upgradeText(`/ws/generic/support.local/${token}`));
  wire.send(maskedFrame({ opcode: 1, payload: 'early' }));
  await answered(wire);
  await expect.poll(() => heard).toContain('early');
  wire.socket.destroy();
});
