import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { testBot, type TestBot } from './bot.ts';
import { connect } from './client.ts';
import { testGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts';
import { printed } from './leaks.ts';

/** Samples of a page in Prometheus text form, by name and labels as they stand there. */
export type Samples = ReadonlyMap<string, number>;

export function readSamples(page: string): Samples {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

/** A scrape, kept for the search for secrets. */
export async function scrape(url: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(`${url}/metrics`, { headers });
  const page = await answer.text();
  if (answer.status !== 200) throw new Error(`/metrics answered ${answer.status}: ${page}`);
  printed(page);
  return page;
}

let gateways: TestGateway[] = [];

/** A gateway whose metrics have a port of their own. */
export async function observedGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const gateway = await testGateway({ toml: 'metrics_listen = "127.0.0.1:0"', ...options });
  gateways.push(gateway);
  return gateway;
}

/** To be called after each test. */
export async function closeObserved(): Promise<void> {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  gateways = [];
}

export interface ObservedScene {
  /** Such a gateway, with one agent "a"; closed after the test. */
  readonly observed: (options?: Partial<TestGatewayOptions>) => Promise<TestGateway>;
  /** The bot of all of them. */
  readonly bot: () => TestBot;
}

/** For all tests of a file. */
export function observedScene(): ObservedScene {
  let bot: TestBot;
  beforeAll(async () => {
    bot = await testBot();
  });
  afterAll(() => bot.close());
  afterEach(closeObserved);
  return {
    observed: (options = {}) => observedGateway({ agents: { a: bot.url }, ...options }),
    bot: () => bot,
  };
}

export function metricsUrl({ metricsAddress }: TestGateway): string {
  return `http://127.0.0.1:${metricsAddress?.port}`;
}

export async function samples(gateway: TestGateway): Promise<Samples> {
  return readSamples(await scrape(metricsUrl(gateway)));
}

/** Polls until a sample has that value: what is counted may come a moment after what is seen. */
export async function expectSample(gateway: TestGateway, name: string, value: number): Promise<void> {
  await expect
    .poll(async () => [name, (await samples(gateway)).get(name)], { timeout: 5000 })
    .toEqual([name, value]);
}

/** A caller that is through. */
export async function open(gateway: TestGateway, agent = 'a'): ReturnType<typeof connect> {
  const { wsUrl, token } = await gateway.start(agent);
  return connect(`${wsUrl}/${token}`);
}
