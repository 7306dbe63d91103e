import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DISCOVERY_INTERVAL, LOOKUP_TIMEOUT, MAX_DISCOVERED } from '../../gateway/limits.ts';
import { seatedBot, destinationOf, loggedBot } from '../../gateway/pools/bots.ts';
import { discovery, systemLookup, type Discovery, type Lookup } from '../../gateway/pools/discovery.ts';

const URL_OF_BOTS = 'ws://bots.internal:8080/ws?x=1';

let running: Discovery[] = [];
let changes: number[] = [];
let failures: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  [running, changes, failures] = [[], [], []];
});
afterEach(() => {
  for (const it of running) it.stop();
  const left = vi.getTimerCount();
  vi.useRealTimers();
  if (left > 0) throw new Error(`${left} timers outlive what was stopped`);
});

function discovered(lookup: Lookup, urls: readonly string[] = [URL_OF_BOTS]): Discovery {
  const it = discovery({
    urls,
    lookup,
    changed: (bots) => void changes.push(bots.length),
    failed: (host, { message }) => void failures.push(`${host}: ${message}`),
  });
  running.push(it);
  return it;
}

function urlsOf(it: Discovery): string[] {
  return it.bots().map(({ url }) => url);
}

async function refreshed(): Promise<void> {
  await vi.advanceTimersByTimeAsync(DISCOVERY_INTERVAL);
}

describe('every address behind a name', () => {
  test('is a bot of its own, under the configured name', async () => {
    const it = discovered(async () => ['10.0.0.2', '10.0.0.1', 'fd00::1']);
    await it.start();
    expect(it.bots()).toEqual([
      { url: 'ws://10.0.0.1:8080/ws?x=1', named: URL_OF_BOTS, address: '10.0.0.1' },
      { url: 'ws://10.0.0.2:8080/ws?x=1', named: URL_OF_BOTS, address: '10.0.0.2' },
      { url: 'ws://[fd00::1]:8080/ws?x=1', named: URL_OF_BOTS, address: 'fd00::1' },
    ]);
  });

  test('comes and goes with the answers, every five seconds', async () => {
    let addresses = ['10.0.0.1'];
    const it = discovered(async () => addresses);
    await it.start();
    addresses = ['10.0.0.1', '10.0.0.2'];
    await vi.advanceTimersByTimeAsync(DISCOVERY_INTERVAL - 1);
    expect(it.bots()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(it.bots()).toHaveLength(2);
    addresses = ['10.0.0.3'];
    await refreshed();
    expect(urlsOf(it)).toEqual(['ws://10.0.0.3:8080/ws?x=1']);
    await refreshed();
    expect(changes).toEqual([1, 2, 1]);
  });

  test('counts once, whatever the order and however often it is named', async () => {
    let turn = 0;
    const it = discovered(
      async () =>
        [
          ['10.0.0.1', '10.0.0.2'],
          ['10.0.0.2', '10.0.0.1', '10.0.0.1'],
        ][turn++ % 2] ?? [],
      [URL_OF_BOTS, URL_OF_BOTS.replace('bots', 'alias')],
    );
    await it.start();
    await refreshed();
    expect(it.bots()).toHaveLength(2);
    expect(changes).toEqual([2]);
  });

  test('is a bot up to a thousand of them', async () => {
    expect(MAX_DISCOVERED).toBe(1000);
    const some = (count: number) => async () =>
      Array.from({ length: count }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    const [all, cut] = [discovered(some(MAX_DISCOVERED)), discovered(some(MAX_DISCOVERED + 1))];
    await Promise.all([all.start(), cut.start()]);
    expect([all.bots().length, cut.bots().length]).toEqual([MAX_DISCOVERED, MAX_DISCOVERED]);
  });
});

describe('a name that cannot be looked up', () => {
  test('keeps the addresses it had, and is told about once until it is back', async () => {
    let answer: () => Promise<readonly string[]> = async () => ['10.0.0.1'];
    const it = discovered(() => answer());
    await it.start();
    for (const failing of [
      () => Promise.reject(new Error('ENOTFOUND')),
      async () => [],
      async () => ['no address', 'fe80::1%eth0'],
    ]) {
      answer = failing;
      await refreshed();
    }
    expect(urlsOf(it)).toEqual(['ws://10.0.0.1:8080/ws?x=1']);
    expect(failures).toEqual(['bots.internal: ENOTFOUND']);
    answer = async () => ['10.0.0.2'];
    await refreshed();
    expect(urlsOf(it)).toEqual(['ws://10.0.0.2:8080/ws?x=1']);
    answer = () => Promise.reject(new Error('again'));
    await refreshed();
    expect(failures).toEqual(['bots.internal: ENOTFOUND', 'bots.internal: again']);
  });

  test('does not take others with it', async () => {
    const it = discovered(
      async (host) => (host === 'bad.internal' ? Promise.reject(new Error('no')) : ['10.0.0.1']),
      ['ws://bad.internal/', 'ws://good.internal/'],
    );
    await it.start();
    expect(urlsOf(it)).toEqual(['ws://10.0.0.1/']);
  });
});

describe('a lookup that hangs', () => {
  test('holds a start up for two seconds, is not asked twice at a time, and counts when it comes', async () => {
    let asked = 0;
    let answer: (addresses: readonly string[]) => void = () => {};
    const it = discovered(() => {
      asked += 1;
      return new Promise((resolve) => (answer = resolve));
    });
    let isStarted = false;
    const started = it.start().then(() => (isStarted = true));
    await vi.advanceTimersByTimeAsync(LOOKUP_TIMEOUT - 1);
    expect(isStarted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await started;
    expect([it.bots(), failures]).toEqual([[], ['bots.internal: no answer within 2 s']]);
    await refreshed();
    await refreshed();
    expect(asked).toBe(1);
    answer(['10.0.0.1']);
    await vi.advanceTimersByTimeAsync(0);
    expect(it.bots()).toHaveLength(1);
    await refreshed();
    expect(asked).toBe(2);
  });

  test('says nothing any more after the stop', async () => {
    let answer: (addresses: readonly string[]) => void = () => {};
    const it = discovered(() => new Promise((resolve) => (answer = resolve)));
    const started = it.start();
    it.stop();
    answer(['10.0.0.1']);
    await started;
    expect([changes, failures, vi.getTimerCount()]).toEqual([[], [], 0]);
  });
});

test('an address in the configuration is not looked up', async () => {
  const it = discovered(() => Promise.reject(new Error('asked')), ['ws://127.0.0.1:1/', 'ws://[::1]:2/']);
  await it.start();
  expect([urlsOf(it), failures]).toEqual([['ws://127.0.0.1:1/', 'ws://[::1]:2/'], []]);
});

test('the system knows where localhost is', async () => {
  vi.useRealTimers();
  const it = discovered(systemLookup, ['ws://localhost:7860/ws']);
  await it.start();
  expect(urlsOf(it)).toContain('ws://127.0.0.1:7860/ws');
  it.stop();
  vi.useFakeTimers();
});

const pool = { maxSessions: 1, wait: 0, health: null, healthInterval: 5000, discovery: 'dns' } as const;

const first = 'ws://bots.internal:8080/ws';
const second = 'wss://bots.internal/ws';
test.each([
  ['ws://10.0.0.1:8080/ws', [first, '10.0.0.1']],
  ['wss://10.0.0.1/ws', [second, '10.0.0.1']],
  ['ws://[fd00::1]:8080/ws', [first, 'fd00::1']],
  [first, [first, null]],
  ['ws://10.0.0.1:8081/ws', null],
  ['ws://10.0.0.1:8080/other', null],
  ['ws://evil.internal:8080/ws', null],
  ['http://10.0.0.1:8080/ws', null],
  ['nonsense', null],
  [null, null],
])('the seat %s is of the bot that it says, where the agent has one', (url, place) => {
  const found = seatedBot({ bots: [first, second], pool }, url);
  expect(found && [found.named, found.address]).toEqual(place);
  expect(found?.url).toBe(place === null ? undefined : url);
});

test('a session without a seat is at the only bot', () => {
  const only = { bots: ['ws://10.0.0.1/ws'], pool: { ...pool, discovery: 'static' as const } };
  expect(seatedBot(only, null)).toMatchObject({ url: 'ws://10.0.0.1/ws', address: null });
  expect(seatedBot(only, 'ws://10.0.0.2/ws')).toBeNull();
});

test.each([
  ['ws://bots.internal/ws', '10.0.0.1', { host: '10.0.0.1', port: 80, servername: 'bots.internal' }],
  ['wss://bots.internal/ws', null, { host: 'bots.internal', port: 443, servername: 'bots.internal' }],
  ['wss://10.0.0.1:8443/ws', null, { host: '10.0.0.1', port: 8443 }],
  ['ws://[::1]:8080/ws', null, { host: '::1', port: 8080 }],
])('%s at %s is connected to at the right place, under its name', (named, address, destination) => {
  expect(destinationOf({ named, address })).toEqual(destination);
});

test.each([
  ['ws://10.0.0.1:8080/ws?key=x', 'ws://10.0.0.1:8080/ws'],
  ['wss://[fd00::1]/ws', 'wss://[fd00::1]/ws'],
])('%s is logged as %s', (url, logged) => {
  expect(loggedBot(url)).toBe(logged);
});
