import { Agent, request } from 'node:http';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate, WARM, type Bench, type Measurement } from '../bench.ts';
import { nginxAuth, OURS, OURS_TOKEN, relays, type Contestant } from '../contestants.ts';
import {
  OPEN_PATH,
  SINGLE_THREADED,
  startHookswitch,
  TOKEN_AGENT,
  TOKEN_PATH,
  type Hookswitch,
} from '../hookswitch.ts';
import { spread } from '../samples.ts';
import { figuresOf } from '../wsload.ts';
import { record, withAll } from './rounds.ts';

const LOOPS = 32;
const LOAD = `${LOOPS} at a time`;
const STARTS_AT_ONCE = 32;

/** Upgrade, dial, first echo, close: as often as it goes. */
export const connect: Measurement = {
  name: 'connect',
  seconds: ({ options }) => options.rounds * (6 * options.seconds + 12),
  async run(bench) {
    const others = relays(bench.machine).filter(({ name }) => name === 'nginx' || name === 'http-proxy');
    const entries = bench.machine.nginx === null ? others : [...others, nginxAuth];
    const gateway = await startHookswitch(bench, { flags: [SINGLE_THREADED] });
    const { port, running } = gateway;
    try {
      await withAll(bench, entries, async (contestants) => {
        for (let round = 1; round <= bench.options.rounds; round += 1) {
          await cycles(bench, { name: OURS, port, path: OPEN_PATH, ...running }, round);
          await cyclesWithTokens(bench, gateway, round);
          for (const contestant of contestants) await cycles(bench, contestant, round);
        }
      });
    } finally {
      await running.stop();
    }
  },
};

async function cycles(
  bench: Bench,
  contestant: Contestant,
  round: number,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { options, progress } = bench;
  const { name, pids } = contestant;
  progress.step(`connect, round ${round} of ${options.rounds}: ${name}`, options.seconds + 2);
  const args = { '-n': LOOPS, '-d': options.seconds, '-w': WARM, ...more };
  const report = await generate(bench, 'connect', args, { ...contestant, pids: pids() });
  const where = { measurement: 'connect', load: LOAD, contestant: name, round };
  const figures = figuresOf(report, {
    cycles_per_s: ['cycles_per_s', 1],
    cpu_us_per_cycle: ['cpu_us_per_cycle', 1],
    p99_ms: ['cycle_us.p99', 1e-3],
  });
  record(bench, where, report, figures);
}

/** Sessions are started beforehand: what is measured begins with the upgrade. With a token it is not faster than without. */
async function cyclesWithTokens(bench: Bench, gateway: Hookswitch, round: number): Promise<void> {
  const { options, progress, samples, folder } = bench;
  const open = spread(samples, { measurement: 'connect', load: LOAD, contestant: OURS }, 'cycles_per_s');
  const count = Math.ceil(1.3 * (open?.max ?? 0) * (options.seconds + WARM)) + 1000;
  progress.step(`connect, round ${round} of ${options.rounds}: starting ${count} sessions`, count / 3000);
  const paths = join(folder, 'paths');
  writeFileSync(
    paths,
    (await startSessions(gateway, count)).map((token) => `${TOKEN_PATH}/${token}\n`).join(''),
  );
  const { port, running } = gateway;
  await cycles(bench, { name: OURS_TOKEN, port, path: TOKEN_PATH, ...running }, round, { '-u': paths });
}

/** Tokens of so many sessions. */
export async function startSessions(
  gateway: Hookswitch,
  count: number,
  of: string = TOKEN_AGENT,
): Promise<string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: STARTS_AT_ONCE });
  const tokens: string[] = [];
  let asked = 0;
  const ask = async (): Promise<void> => {
    while (asked < count) {
      asked += 1;
      tokens.push(await startSession(gateway, agent, of, 5));
    }
  };
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, ask));
  agent.destroy();
  return tokens;
}

async function startSession(
  { port, publicKey }: Pick<Hookswitch, 'port' | 'publicKey'>,
  agent: Agent,
  of: string,
  attempts: number,
): Promise<string> {
  const asking = request({
    agent,
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: `/v1/public/${of}/start`,
    headers: { authorization: `Bearer ${publicKey}`, 'content-type': 'application/json' },
  });
  asking.end('{}');
  const [response] = await once(asking, 'response');
  let text = '';
  for await (const part of response) text += String(part);
  if (response.statusCode === 503 && attempts > 1) {
    await sleep(500);
    return startSession({ port, publicKey }, agent, of, attempts - 1);
  }
  const token = /"token":"([^"]+)"/.exec(text)?.[1];
  if (token === undefined) throw new Error(`a session was not started: ${text.slice(0, 200)}`);
  return token;
}
