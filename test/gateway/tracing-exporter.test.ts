import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { allProviders } from '../../gateway/carriers.ts';
import { readConfig, type Config } from '../../gateway/config/config.ts';
import { invent } from '../../gateway/config/invented.ts';
import type { Log } from '../../gateway/log.ts';
import {
  exporter,
  MAX_BATCH,
  MAX_QUEUE,
  SCHEDULE_DELAY,
  type Exporter,
} from '../../gateway/observe/exporter.ts';
import { spanFactory, type SpanData } from '../../gateway/observe/spans.ts';
import type { Env } from '../../shared/env.ts';
import { collector, type Collector } from '../helpers/collector.ts';
import { secret } from '../helpers/leaks.ts';

let otlp: Collector;
let lines: string[];
let spans: Exporter;

/** Each test has its own: what hangs in one may be told in the next. */
function logTo(own: string[]): Log {
  const write =
    (level: string) =>
    (data: object, message: string): void =>
      void own.push(`${level} ${message} ${JSON.stringify(data)}`);
  return { info: write('info'), warn: write('warn'), error: write('error') };
}

beforeEach(async () => {
  otlp = await collector();
  lines = [];
  const telemetry = { url: `${otlp.url}/v1/traces`, headers: { 'x-key': 'let me in' }, serviceName: 'x' };
  spans = exporter(telemetry, { 'service.name': 'x' }, logTo(lines));
});
afterEach(async () => {
  vi.useRealTimers();
  await otlp.close();
});

function span(): SpanData {
  let made: SpanData | undefined;
  const begin = spanFactory((data) => (made = data), Date.now);
  begin({
    name: 'x',
    kind: 'server',
    parent: null,
    attributes: { text: 'a', count: 1, part: 0.5, yes: true },
  }).end();
  if (!made) throw new Error('a span that ended is told');
  return made;
}

function add(count: number): void {
  for (let index = 0; index < count; index += 1) spans.add(span());
}

test('spans wait for others, and go together', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  add(3);
  vi.advanceTimersByTime(SCHEDULE_DELAY - 1);
  expect(otlp.requests).toEqual([]);
  vi.advanceTimersByTime(1);
  vi.useRealTimers();
  await expect.poll(() => otlp.spans().length).toBe(3);
  expect(otlp.requests).toMatchObject([
    { path: '/v1/traces', headers: { 'x-key': 'let me in', 'content-type': 'application/json' } },
  ]);
  expect(otlp.spans()[0]?.attributes).toEqual({ text: 'a', count: '1', part: 0.5, yes: true });
  expect(otlp.spans()[0]?.resource).toEqual({ 'service.name': 'x' });
});

test(`${MAX_BATCH} are enough to go at once`, async () => {
  add(MAX_BATCH - 1);
  expect(otlp.requests).toEqual([]);
  add(1);
  await expect.poll(() => otlp.spans().length).toBe(MAX_BATCH);
});

test(`at most ${MAX_QUEUE} wait; the rest is dropped, and counted when it works again`, async () => {
  otlp.answer = 'never';
  add(MAX_BATCH); // under way
  await expect.poll(() => otlp.requests.length).toBe(1);
  add(MAX_QUEUE + 7);
  expect(otlp.requests).toHaveLength(1);
  otlp.answer = 200;
  otlp.release();
  await expect.poll(() => otlp.spans().length).toBe(MAX_BATCH + MAX_QUEUE);
  expect(lines).toEqual(['info traces are exported again {"dropped":7}']);
});

test('trouble is told once, and its end once', async () => {
  otlp.answer = 503;
  for (const round of [1, 2, 3]) {
    add(MAX_BATCH);
    await expect.poll(() => otlp.requests.length).toBe(round);
  }
  expect(lines).toEqual([expect.stringMatching(/^warn traces cannot be exported.*answered 503/)]);
  otlp.answer = 200;
  add(MAX_BATCH);
  await expect.poll(() => lines.length).toBe(2);
  add(MAX_BATCH);
  await expect.poll(() => otlp.requests.length).toBe(5);
  expect(lines[1]).toBe(`info traces are exported again {"dropped":${3 * MAX_BATCH}}`);
});

test.each([
  ['a collector that hangs', 1],
  ['one that has hung for a while', MAX_BATCH],
])('the end of the process waits for %s, but not for long', async (_, spansBefore) => {
  otlp.answer = 'never';
  add(spansBefore);
  await expect.poll(() => otlp.requests.length).toBe(spansBefore === 1 ? 0 : 1);
  const since = performance.now();
  await spans.close();
  expect(performance.now() - since).toBeGreaterThan(1900);
  expect(performance.now() - since).toBeLessThan(4000);
});

describe('the configuration', () => {
  const read = (env: Env, toml: string | null = null): Config =>
    readConfig({ toml, env, modules: allProviders, invent: () => invent(allProviders) });

  test.each<[Env, string, Config['telemetry']]>([
    [{}, '', null],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' },
      '',
      { url: 'http://c:4318/v1/traces', headers: {}, serviceName: 'hookswitch' },
    ],
    [
      {},
      '[telemetry]\notlp_endpoint = "https://c/base"',
      { url: 'https://c/base/v1/traces', headers: {}, serviceName: 'hookswitch' },
    ],
    [
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t:1/x',
        OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20abcdefgh, x-b=2',
        OTEL_SERVICE_NAME: 'phones',
      },
      '',
      {
        url: 'http://t:1/x',
        headers: { authorization: 'Bearer abcdefgh', 'x-b': '2' },
        serviceName: 'phones',
      },
    ],
    [{ OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, '', null],
  ])('%j and %j', (env, toml, telemetry) => {
    const config = read(env, toml);
    expect(config.telemetry).toEqual(telemetry);
    for (const value of Object.values(config.telemetry?.headers ?? {}))
      expect(config.secretValues).toContain(value);
  });

  test.each([
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
      'OTEL_EXPORTER_OTLP_ENDPOINT: must be the http:// or https://',
    ],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://u:p@c/' }, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: must be'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'OTEL_EXPORTER_OTLP_PROTOCOL: this gateway speaks http/json',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_HEADERS: 'a=b,secretvalue1' },
      'OTEL_EXPORTER_OTLP_HEADERS: entry 2 must be name=value',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_HEADERS: 'a=%0d%0ax' },
      'OTEL_EXPORTER_OTLP_HEADERS: entry 1',
    ],
  ])('%j is a mistake', (env, message) => {
    secret('secretvalue1');
    expect(() => read(env)).toThrow(message);
    expect(() => read(env)).not.toThrow('secretvalue1');
  });
});
