import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { MAX_HOPS } from '../../gateway/limits.ts';
import { DEFAULT_STEPS } from '../../gateway/steps/steps.ts';
import type { Call } from '../../shared/provider.ts';
import type { Carrier, Verb } from '../../shared/carrier.ts';
import { GatewayError } from '../../shared/errors.ts';
import { freePort, testBot, type TestBot } from '../helpers/bot.ts';
import { carrierOf, moduleOf, openingOf, ring, webhookCarriers, type Rung } from '../helpers/carriers.ts';
import { connect } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';

const FROM = '+15557350001';
const TO = '+15557350000';

let gateway: TestGateway;
let bot: TestBot;

/** An agent with steps of its own for every moment, so that it shows which of them was meant. */
function table(bots: string, steps: string, more = ''): string {
  return `websocket_auth = "token"\nbots = ["${bots}"]\n${more}\n[agents.steps]\n${steps}`;
}

const OWN = `no_session = [{ say = "no session" }, { play = "https://files.example.com/wait.mp3" }, { dial = "+15550001111" }]
bot_unreachable = [{ dial = "+15550002222" }, { say = "unreachable" }, { redirect = "https://example.com/voice" }]
bot_lost = [{ play = "https://files.example.com/lost.mp3" }, { say = "lost" }]
goodbye = [{ say = "bye" }, { hang_up = true }]`;

beforeAll(async () => {
  bot = await testBot();
  const nobody = `ws://127.0.0.1:${await freePort()}/ws`;
  gateway = await testGateway({
    agents: {
      own: table(bot.url, OWN),
      plain: bot.url,
      down: table(nobody, OWN),
      full: table(bot.url, OWN, 'scaling = { max_agents = 1 }'),
      first: table(bot.url, 'bot_lost = [{ say = "one moment" }, { agent = "backup" }]'),
      // Numbers, so that a carrier that does not sign the URL could not just name it.
      backup: table(
        bot.url,
        'bot_lost = [{ agent = "down" }]\ngoodbye = [{ say = "backup" }]',
        `numbers = ["+15550003333"]`,
      ),
      // Of two moments, which no check of the file can see: it is bounded as it happens.
      ping: table(nobody, 'bot_unreachable = [{ agent = "pong" }]'),
      pong: table(nobody, 'no_session = [{ agent = "ping" }]\nbot_unreachable = [{ agent = "third" }]'),
      third: table(nobody, 'bot_unreachable = [{ agent = "fourth" }]'),
      fourth: table(nobody, 'bot_unreachable = [{ agent = "own" }]'),
    },
    limits: { openingTimeout: 300 },
    store: (memory) => ({
      ...memory,
      async issue(session, ...rest) {
        if (session.agent === 'full') throw new GatewayError('ERR_STORE_UNAVAILABLE', 'the store is gone');
        return memory.issue(session, ...rest);
      },
    }),
  });
});
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

describe.each(webhookCarriers)('over %s', (name) => {
  interface Placed extends Rung {
    readonly carrier: Carrier;
    readonly call: Call;
    readonly url: string;
  }

  async function place(agent: string): Promise<Placed> {
    const carrier = carrierOf(name, gateway.carriers);
    const call = carrier.newCall(FROM, TO);
    const url = `${gateway.http}/webhooks/${name}/${agent}`;
    return { ...(await ring(carrier, call, url)), carrier, call, url };
  }

  /** Opens the stream of a document; the bot, if it is reached, does `leave`. Resolves with what the carrier does next. */
  async function talk(
    { carrier, call, streamUrl, verbs }: Pick<Placed, 'carrier' | 'call' | 'streamUrl' | 'verbs'>,
    leave: ((socket: WebSocket) => void) | null,
  ): Promise<Rung & { readonly url: string }> {
    const opened = leave && bot.next();
    const client = await connect(streamUrl);
    const stream = verbs.find((verb) => verb.type === 'stream');
    const parameters = stream?.type === 'stream' ? stream.parameters : {};
    for (const message of openingOf(name, carrier.newStream(call, parameters))) client.socket.send(message);
    if (opened) leave(await opened);
    await client.closed;
    const url = redirectIn(verbs);
    return { ...(await ring(carrier, call, url)), url };
  }

  const moments: [string, string, ((socket: WebSocket) => void) | null, readonly Verb[]][] = [
    [
      'the bot cannot be reached',
      'down',
      null,
      [
        { type: 'dial', number: '+15550002222' },
        { type: 'say', text: 'unreachable' },
        { type: 'redirect', url: 'https://example.com/voice', method: 'POST' },
      ],
    ],
    [
      'the bot dies',
      'own',
      (socket) => socket.terminate(),
      [
        { type: 'play', url: 'https://files.example.com/lost.mp3' },
        { type: 'say', text: 'lost' },
        { type: 'hangUp' },
      ],
    ],
    [
      'the bot says goodbye',
      'own',
      (socket) => socket.close(1000),
      [{ type: 'say', text: 'bye' }, { type: 'hangUp' }],
    ],
    ['an agent without steps loses its bot', 'plain', (socket) => socket.terminate(), apology()],
    ['an agent without steps says goodbye', 'plain', (socket) => socket.close(1000), [{ type: 'hangUp' }]],
  ];
  test.each(moments)('when %s, its own steps are played', async (_, agent, leave, steps) => {
    const next = await talk(await place(agent), leave);
    expect(next.verbs).toEqual(steps);
  });

  test('when no session can be had, its own steps are played at once', async () => {
    const { status, verbs } = await place('full');
    expect(status).toBe(200);
    expect(verbs).toEqual([
      { type: 'say', text: 'no session' },
      { type: 'play', url: 'https://files.example.com/wait.mp3' },
      { type: 'dial', number: '+15550001111' },
      { type: 'hangUp' },
    ]);
  });

  test('another agent takes over with a session of its own, and the same request gets the same bytes', async () => {
    const placed = await place('first');
    const lost = await talk(placed, (socket) => socket.terminate());
    expect(lost.verbs[0]).toEqual({ type: 'say', text: 'one moment' });
    const backup = await ring(placed.carrier, placed.call, redirectIn(lost.verbs));
    expect(backup.streamUrl).toContain(`/ws/${name}/backup.local/`);
    const again = await ring(placed.carrier, placed.call, redirectIn(lost.verbs));
    expect(again.document).toBe(backup.document);
    expect((await ring(placed.carrier, placed.call, placed.url)).document).toBe(placed.document);

    const over = await talk({ ...placed, ...backup }, (socket) => socket.close(1000));
    expect(over.verbs).toEqual([{ type: 'say', text: 'backup' }, { type: 'hangUp' }]);
  });

  test('what another agent did not begin is not taken for the end of the one before', async () => {
    const placed = await place('first');
    const lost = await talk(placed, (socket) => socket.terminate());
    const backup = await ring(placed.carrier, placed.call, redirectIn(lost.verbs));
    // Its stream is never opened; the session before ended as lost, which has been dealt with.
    const after = await ring(placed.carrier, placed.call, redirectIn(backup.verbs));
    expect(after.verbs).toEqual(apology());
  });

  test('a call is handed on so often and no more', async () => {
    const placed = await place('ping');
    let at: Pick<Placed, 'carrier' | 'call' | 'streamUrl' | 'verbs'> = placed;
    for (let hop = 1; hop <= MAX_HOPS; hop += 1) {
      const next = await talk(at, null);
      expect(redirectIn(next.verbs)).toMatch(new RegExp(`[?]hop=${hop}[.]`));
      at = { ...placed, ...(await ring(placed.carrier, placed.call, redirectIn(next.verbs))) };
    }
    expect((await talk(at, null)).verbs).toEqual(apology());
  });

  test.each([
    ['of another call', (url: string) => url, 'another'],
    ['that is forged', (url: string) => url.replace(/hop=1\.[^.]+\./, 'hop=1..'), 'same'],
    ['without its seal', (url: string) => url.replace(/hop=.*/, 'hop=1'), 'same'],
    ['that is empty', (url: string) => url.replace(/hop=.*/, 'hop='), 'same'],
    ['to another agent', (url: string) => url.replace('/backup.local', '/own.local'), 'same'],
  ])('a hop %s starts nothing, and the caller hears the apology', async (_, change, whose) => {
    const placed = await place('first');
    const lost = await talk(placed, (socket) => socket.terminate());
    const call = whose === 'same' ? placed.call : placed.carrier.newCall(FROM, TO);
    const { status, verbs } = await ring(placed.carrier, call, change(redirectIn(lost.verbs)));
    expect(status).toBe(200);
    expect(verbs).toEqual(apology());
    // And it does not stand where the genuine answer does.
    const { streamUrl } = await ring(placed.carrier, placed.call, redirectIn(lost.verbs));
    expect(streamUrl).toContain('/backup.local/');
  });

  test('only a sealed hop reaches an agent of another number where the URL is not signed', async () => {
    const placed = await place('first');
    const lost = await talk(placed, (socket) => socket.terminate());
    const bare = redirectIn(lost.verbs).replace(/\?.*/, '');
    const { streamUrl } = await ring(placed.carrier, placed.carrier.newCall(FROM, TO), bare);
    const isSigned = moduleOf(name).configure(gateway.carriers)?.signsUrl;
    expect(streamUrl.includes('/backup.local/')).toBe(isSigned);
  });
});

function redirectIn(verbs: readonly Verb[]): string {
  const last = verbs.at(-1);
  return last?.type === 'redirect' ? last.url : '';
}

function apology(): Verb[] {
  return [...DEFAULT_STEPS.no_session, { type: 'hangUp' }];
}
