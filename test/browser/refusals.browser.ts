import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findChromium } from './chromium.ts';
import { openScene, type RemoteStage, type Scene } from './scene.ts';

/** All that a browser tells a page about a socket that was not let in. */
const NOT_LET_IN = { error: expect.stringContaining('WebSocket connection error (1006)'), status: null };
/** And about a request that its rules for other origins stopped. The client makes up the status. */
const NOT_ANSWERED = { error: 'Failed to fetch', status: 500 };
const LET_IN = { error: null, status: null };

describe.skipIf(findChromium() === null)('a page with the stock client', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene.close());

  let visits = 0;
  let logged = 0;
  beforeEach(() => {
    visits = scene.bot.visits.length;
    logged = scene.gateway.log.length;
  });
  const came = (): number => scene.bot.visits.length - visits;
  const log = (): string => JSON.stringify(scene.gateway.log.slice(logged));

  async function pageOf(site = scene.site): Promise<RemoteStage> {
    const remote = await scene.open(site);
    await remote.ask('create', 'usual');
    return remote;
  }

  describe('that comes again with its token', () => {
    const tokens: [where: string, start: (remote: RemoteStage) => Promise<object>][] = [
      [
        'from its server',
        async () => {
          const { wsUrl, token } = await scene.gateway.start('page');
          return { wsUrl, token };
        },
      ],
      [
        'in the address from /api/start',
        async (remote) => {
          return (await remote.page.evaluate(async () => {
            const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
            const answer = await fetch('/api/start', init);
            return answer.json();
          })) as object;
        },
      ],
    ];

    test.each(tokens)(
      '%s is refused, the log says what to do, and /api/start lets it in again',
      async (_, start) => {
        const remote = await pageOf();
        const params = await start(remote);
        expect(await remote.ask('connect', params)).toEqual(LET_IN);
        await remote.ask('disconnect');
        expect(await remote.ask('connect', params)).toMatchObject(NOT_LET_IN);
        expect(log()).toContain('get a fresh one from /start');
        expect(came()).toBe(1);
        await remote.ask('create', 'usual'); // the other one is not done with hanging up
        expect(await remote.ask('start', { endpoint: '/api/start' })).toEqual(LET_IN);
        expect(came()).toBe(2);
        await remote.page.close();
      },
    );
  });

  test('cannot connect with the whole answer of /start, which names its session too', async () => {
    const remote = await pageOf();
    const error = expect.stringContaining('Unrecognized connection parameter: sessionId') as string;
    expect(await remote.ask('connect', await scene.gateway.start('page'))).toMatchObject({ error });
    expect(came()).toBe(0);
    await remote.page.close();
  });

  test('that gives a fresh token without its address is refused: the client adds it to the used one', async () => {
    const remote = await pageOf();
    const [first, second] = [await scene.gateway.start('page'), await scene.gateway.start('page')];
    expect(await remote.ask('connect', { wsUrl: first.wsUrl, token: first.token })).toEqual(LET_IN);
    await remote.ask('disconnect');
    expect(await remote.ask('connect', { token: second.token })).toMatchObject(NOT_LET_IN);
    await remote.ask('create', 'usual');
    expect(await remote.ask('connect', { wsUrl: second.wsUrl, token: second.token })).toEqual(LET_IN);
    expect(came()).toBe(2);
    await remote.page.close();
  });

  test('whose bot hangs up is told the code, hangs up as well, and gets through when it calls again', async () => {
    const remote = await pageOf();
    expect(await remote.ask('start', { endpoint: '/api/start' })).toEqual(LET_IN);
    scene.bot.visits.at(-1)?.session.close(1000, 'goodbye');
    const happened = async (): Promise<string> => (await remote.ask('happened')).join('\n');
    await expect.poll(happened).toMatch(/websocket connection closed\. Code: 1000[^]*\ndisconnected$/);
    expect(await remote.ask('start', { endpoint: '/api/start' })).toEqual(LET_IN);
    expect(came()).toBe(2);
    await remote.page.close();
  });

  test('that hangs up while the bot speaks hears nothing in the next call of the same client', async () => {
    const remote = await pageOf();
    const isPlaying = async (): Promise<boolean> =>
      (await remote.ask('played')).samples.some((sample) => sample !== 0);
    expect(await remote.ask('start', { endpoint: '/api/start' })).toEqual(LET_IN);
    await expect.poll(isPlaying).toBe(true);
    await remote.ask('disconnect');
    await remote.ask('hush');
    expect(await remote.ask('start', { endpoint: '/api/start' })).toEqual(LET_IN);
    await expect.poll(() => scene.bot.visits.at(-1)?.heard().length).toBeGreaterThan(16_000);
    expect(await isPlaying()).toBe(false);
    await remote.ask('disconnect');
    expect(await remote.ask('call', '/api/start')).toEqual(LET_IN);
    await expect.poll(isPlaying).toBe(true);
    await remote.page.close();
  });

  test('that asks for an agent it may not start learns the status, and not the sentence', async () => {
    const remote = await pageOf();
    const request = { endpoint: '/api/start', requestData: { agent: 'nobody' } };
    expect(await remote.ask('start', request)).toEqual({ error: 'Not Found', status: 404 });
    expect(log()).toContain('this page may start no agent of that name');
    await remote.page.close();
  });

  test('of an origin that no agent lists can neither start nor take a token that it has stolen', async () => {
    const thief = await pageOf(scene.stranger);
    const endpoint = `${scene.gateway.http}/api/start`;
    expect(await thief.ask('start', { endpoint })).toEqual(NOT_ANSWERED);
    await thief.ask('create', 'usual');
    expect(await thief.ask('start', { endpoint: '/api/start' })).toMatchObject({ status: 403 });
    const { wsUrl, token } = await scene.gateway.start('page');
    await thief.ask('create', 'usual');
    expect(await thief.ask('connect', { wsUrl, token })).toMatchObject(NOT_LET_IN);
    expect(log()).toContain('add its origin to allowed_origins');
    expect(came()).toBe(0);
    const owner = await pageOf();
    expect(await owner.ask('connect', { wsUrl, token })).toEqual(LET_IN);
    await thief.page.close();
    await owner.page.close();
  });
});
