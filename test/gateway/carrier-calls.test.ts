import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, testBot, type TestBot } from '../helpers/bot.ts';
import { carrierNames, carrierOf, echoingCarriers, openingOf, ring, type Rung } from '../helpers/carriers.ts';
import { connect, knock, upgradeHeaders, type Client } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';

const FROM = '+15557350001';
const TO = '+15557350000';

let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot();
  gateway = await testGateway({
    agents: {
      support: bot.url,
      open: `websocket_auth = "none"\nbots = ["${bot.url}"]`,
    },
    limits: { openingTimeout: 300 },
  });
});
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

describe.each(carrierNames)('a call over %s', (name) => {
  async function dialled(at: TestGateway = gateway): Promise<Rung & { opening: string[]; callId: string }> {
    const carrier = carrierOf(name, at.carriers);
    const call = carrier.newCall(FROM, TO);
    const rung = await ring(carrier, call, `${at.http}/webhooks/${name}/support`);
    return { ...rung, opening: openingOf(name, carrier.newStream(call, {})), callId: call.id };
  }

  async function say(client: Client, lines: readonly string[]): Promise<void> {
    for (const line of lines) client.socket.send(line);
  }

  test('goes from the webhook to the bot and back, and the bot knows who calls', async () => {
    const { status, streamUrl, opening, callId } = await dialled();
    expect(status).toBe(200);
    const before = bot.dials.length;
    const client = await connect(streamUrl);
    await say(client, [...opening, 'and this is no JSON']);
    await expect.poll(() => client.texts()).toEqual([...opening, 'and this is no JSON']);
    const { headers = {}, url = '' } = bot.dials[before] ?? {};
    expect(headers).toMatchObject({
      'x-call-provider': name,
      'x-call-id': encodeURIComponent(callId),
      'x-call-from': encodeURIComponent(FROM),
      'x-call-to': encodeURIComponent(TO),
      'x-call-direction': 'inbound',
    });
    const body = Buffer.from(new URL(url, 'ws://bot').searchParams.get('body') ?? '', 'base64').toString();
    expect(JSON.parse(body)).toEqual({
      call: { provider: name, id: callId, from: FROM, to: TO, direction: 'inbound' },
    });
    client.socket.close(1000);
    expect(await knock(streamUrl)).toMatchObject({ status: 403 });
  });

  test('is refused without a token, before any WebSocket', async () => {
    const { streamUrl } = await dialled();
    expect(await knock(streamUrl.slice(0, streamUrl.lastIndexOf('/')))).toMatchObject({ status: 403 });
  });

  test.each([
    ['nonsense', ['nonsense']],
    ['JSON that is no message', ['{}']],
    ['media before start', ['{"event":"media","media":{"payload":""}}']],
  ])('that begins with %s is closed with 1008, and no bot is dialled', async (_, lines) => {
    const { streamUrl } = await dialled();
    const before = bot.dials.length;
    const client = await connect(streamUrl);
    await say(client, lines);
    expect(await client.closed).toMatchObject({ code: 1008, reason: expect.stringContaining('start') });
    expect(bot.dials.length).toBe(before);
  });

  test('that begins with a binary message is closed with 1008', async () => {
    const { streamUrl, opening } = await dialled();
    const client = await connect(streamUrl);
    client.socket.send(Buffer.from(opening[0] ?? ''));
    expect((await client.closed).code).toBe(1008);
  });

  test('that says nothing is closed with 1008 when its time is over', async () => {
    const client = await connect((await dialled()).streamUrl);
    expect(await client.closed).toEqual({ code: 1008, reason: expect.stringContaining('within 0.3 s') });
  });

  test('with the stream of another call is closed with 1008, and no bot is dialled', async () => {
    const [first, second] = [await dialled(), await dialled()];
    const before = bot.dials.length;
    const client = await connect(first.streamUrl);
    await say(client, second.opening);
    expect(await client.closed).toMatchObject({ code: 1008, reason: 'the stream is of another call' });
    expect(bot.dials.length).toBe(before);
  });

  test('loses nothing that is said while a slow bot picks up', async () => {
    const slow = await testBot({ delay: 150 });
    const between = await testGateway({ agents: { support: slow.url } });
    const { streamUrl, opening } = await dialled(between);
    const lines = [...opening, ...Array.from({ length: 300 }, (_, index) => `message ${index}`)];
    const client = await connect(streamUrl);
    await say(client, lines);
    await expect.poll(() => client.messages.length).toBe(lines.length);
    expect(client.texts()).toEqual(lines);
    await between.close();
    await slow.close();
  });

  test('whose caller hangs up before the bot picks up ends the dial at once', async () => {
    let dial: Socket | undefined;
    const silent = createServer().listen(0, '127.0.0.1');
    silent.on('upgrade', (request) => (dial = request.socket));
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const between = await testGateway({ agents: { support: `ws://127.0.0.1:${port}/ws` } });
    const { streamUrl, opening } = await dialled(between);
    const client = await connect(streamUrl);
    await say(client, opening);
    await expect.poll(() => dial !== undefined).toBe(true);
    client.socket.close(1000);
    await expect.poll(() => dial?.readableEnded || dial?.destroyed).toBe(true);
    await expect.poll(() => between.log.at(-1)).toMatchObject({ msg: 'call ended', status: 'CALLER_LOST' });
    await between.close();
    silent.close();
  });

  test('whose bot is down hears the fallback, and the same URL works when the bot is back', async () => {
    const port = await freePort();
    const down = await testGateway({
      agents: {
        support: `websocket_auth = "token"\nbots = ["ws://127.0.0.1:${port}/ws"]\nfallback = { say = "Call later." }`,
      },
    });
    const carrier = carrierOf(name, down.carriers);
    const call = carrier.newCall(FROM, TO);
    const opening = openingOf(name, carrier.newStream(call, {}));
    const rung = await ring(carrier, call, `${down.http}/webhooks/${name}/support`);
    const client = await connect(rung.streamUrl);
    await say(client, opening);
    expect(await client.closed).toEqual({ code: 1013, reason: 'the bot cannot be reached' });

    const next = rung.verbs.find((verb) => verb.type === 'redirect');
    const after = await ring(carrier, call, next?.type === 'redirect' ? next.url : '');
    expect(after.verbs[0]).toEqual({ type: 'say', text: 'Call later.' });

    const back = await testBot({ port });
    const again = await connect(rung.streamUrl);
    await say(again, opening);
    await expect.poll(() => again.texts()).toEqual(opening);
    again.socket.close(1000);
    await down.close();
    await back.close();
  });

  test.each([
    ['says goodbye', (socket: Client['socket']) => socket.close(1000, 'goodbye'), 'hangUp'],
    ['dies', (socket: Client['socket']) => socket.terminate(), 'say'],
    ['closes with an error', (socket: Client['socket']) => socket.close(1011), 'say'],
  ])('whose bot %s goes on in the right document', async (_, leave, verb) => {
    const carrier = carrierOf(name, gateway.carriers);
    const call = carrier.newCall(FROM, TO);
    const rung = await ring(carrier, call, `${gateway.http}/webhooks/${name}/support`);
    const opened = bot.next();
    const client = await connect(rung.streamUrl);
    await say(client, openingOf(name, carrier.newStream(call, {})));
    leave(await opened);
    await client.closed;
    const next = rung.verbs.find(({ type }) => type === 'redirect');
    const after = await ring(carrier, call, next?.type === 'redirect' ? next.url : '');
    expect(after.verbs[0]?.type).toBe(verb);
  });

  const hasNumbers = echoingCarriers.includes(name);
  test.runIf(hasNumbers)(
    'to an agent without tokens needs none, and its numbers come with the stream',
    async () => {
      const carrier = carrierOf(name, gateway.carriers);
      const call = carrier.newCall(FROM, TO);
      const rung = await ring(carrier, call, `${gateway.http}/webhooks/${name}/open`);
      expect(rung.streamUrl).toBe(`${gateway.ws}/ws/${name}/open.local`);
      const stream = rung.verbs.find((verb) => verb.type === 'stream');
      const parameters = stream?.type === 'stream' ? stream.parameters : {};
      const before = bot.dials.length;
      const client = await connect(rung.streamUrl);
      const opening = openingOf(name, carrier.newStream(call, parameters));
      await say(client, opening);
      await expect.poll(() => client.texts()).toEqual(opening);
      expect(bot.dials[before]?.headers['x-call-from']).toBe(encodeURIComponent(FROM));
      client.socket.close(1000);
    },
  );
});

describe('/ws/twilio with the agent named in the stream', () => {
  function opening(serviceHost: string | undefined): string[] {
    const carrier = carrierOf('twilio', gateway.carriers);
    const parameters = serviceHost === undefined ? {} : { _pipecatCloudServiceHost: serviceHost };
    return openingOf('twilio', carrier.newStream(carrier.newCall(FROM, TO), parameters));
  }

  test('reaches an agent that asks for no token', async () => {
    const client = await connect(`${gateway.ws}/ws/twilio`);
    const lines = opening('open.local');
    for (const line of lines) client.socket.send(line);
    await expect.poll(() => client.texts()).toEqual(lines);
    client.socket.close(1000);
  });

  test.each([['support.local'], ['stranger.local'], ['127.0.0.1:6379'], [undefined]])(
    'is closed with 1008 for %s',
    async (serviceHost) => {
      const before = bot.dials.length;
      const client = await connect(`${gateway.ws}/ws/twilio`);
      for (const line of opening(serviceHost)) client.socket.send(line);
      expect((await client.closed).code).toBe(1008);
      expect(bot.dials.length).toBe(before);
    },
  );

  async function withToken(serviceHost: string): Promise<{ client: Client; lines: string[] }> {
    const { token } = await gateway.start('support', { transport: 'twilio' });
    const client = await connect(`${gateway.ws}/ws/twilio?token=${token}`);
    const lines = opening(serviceHost);
    for (const line of lines) client.socket.send(line);
    return { client, lines };
  }

  test('reaches a token agent with a token', async () => {
    const { client, lines } = await withToken('support.local');
    await expect.poll(() => client.texts()).toEqual(lines);
    client.socket.close(1000);
  });

  test('does not reach another agent than the token is for', async () => {
    const { client } = await withToken('open.local');
    expect((await client.closed).code).toBe(1008);
  });

  test('is not answered at all where every agent asks for a token', async () => {
    const strict = await testGateway({ agents: { support: bot.url } });
    expect(await knock(`${strict.ws}/ws/twilio`)).toMatchObject({ status: 403 });
    await strict.close();
  });
});

test.each([
  ['twilio', 'audio.twilio.com'],
  ['jambonz', 'audio.jambonz.org'],
])('the subprotocol of %s is chosen when it is offered, and no other', async (name, subprotocol) => {
  const url = `${gateway.ws}/ws/${name}/open.local`;
  const chosen = async (offers: string): Promise<unknown> =>
    (await upgradeHeaders(url, { 'sec-websocket-protocol': offers }))['sec-websocket-protocol'];
  expect(await chosen(`x, ${subprotocol}`)).toBe(subprotocol);
  expect(await chosen('x')).toBeUndefined();
});

test("a stream of Vonage that names no call is nobody's in particular, where no token asks for one", async () => {
  const before = bot.dials.length;
  const client = await connect(`${gateway.ws}/ws/vonage/open.local`);
  const first =
    '{"event":"websocket:connected","content-type":"audio/l16;rate=16000","from_number":"15557350001"}';
  client.socket.send(first);
  client.socket.send(Buffer.alloc(640, 7));
  await expect.poll(() => client.messages.length).toBe(2);
  expect(client.messages[1]).toEqual({ data: Buffer.alloc(640, 7), isBinary: true });
  expect(bot.dials[before]?.headers).not.toHaveProperty('x-call-id');
  client.socket.close(1000);
});
