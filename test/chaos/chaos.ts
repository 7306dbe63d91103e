import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { badBots } from './bad-bots.ts';
import { startBots, type Bots } from './bots.ts';
import { crowdOf, type Crowd } from './crowd.ts';
import { faults, type Scene } from './faults.ts';
import { gatewayProcess, type GatewayProcess } from './gateway-process.ts';
import { SLACK } from './judge/judge.ts';
import { recordTo } from './judge/records.ts';
import { randomOf, type Random } from './random.ts';

export interface ChaosOptions {
  readonly seed: number;
  /** How long faults happen. */
  readonly seconds: number;
  readonly calls: number;
  /** One line for each fault. */
  readonly print: (line: string) => void;
}

export interface ChaosRun {
  /** Where the records of all ends are. */
  readonly folder: string;
  /** What went wrong with the gateway itself: empty when all is well. */
  readonly complaints: readonly string[];
}

/** Processes full of bots: one of them killed is a quarter of all calls. */
const BOT_PROCESSES = 4;
/** Milliseconds between two messages of an end, on average. */
const PACE = 400;
const PING_SECONDS = 2;
/** Descriptors that may be open at the end beyond those at the start: connections of /start that are kept alive. */
const SPARE_DESCRIPTORS = 20;

/** Two hundred calls, a fault every few seconds, and a record of all that every end said, heard and saw. */
export async function runChaos({ seed, seconds, calls, print }: ChaosOptions): Promise<ChaosRun> {
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-chaos-'));
  const random = randomOf(seed);
  let crowd: Crowd | undefined;
  const onOpened = (call: string): void => crowd?.opened(call);
  const bots: Record<string, Bots> = {};
  for (let index = 0; index < BOT_PROCESSES; index += 1) {
    const name = `good-${index}`;
    bots[name] = await startBots({ name, folder, seed: seed + 100 * index, pace: PACE, onOpened });
  }
  const bad = await badBots();
  const badAgents = Object.fromEntries(
    Object.entries(bad.urls).map(([manner, url]) => [manner.replaceAll(' ', '-'), url]),
  );
  const good = Object.fromEntries(Object.entries(bots).map(([name, { url }]) => [name, url]));
  const gateway = await gatewayProcess({
    agents: { ...good, ...badAgents },
    // A dial may meet the two seconds in which the gateway is halted.
    limits: { ping_interval: PING_SECONDS, dial_timeout: 4, stall_timeout: 12 },
  });
  const base = gateway.descriptors();
  const record = recordTo(join(folder, 'callers.jsonl'));
  const longest = Math.max(4000, 300 * seconds);
  crowd = crowdOf({ size: calls, gateway, bots, record, random: random.fork('calls'), pace: PACE, longest });
  const scene: Scene = {
    gateway,
    crowd,
    bots: Object.values(bots),
    badAgents: Object.keys(badAgents),
    random: random.fork('faults'),
    pingInterval: PING_SECONDS * 1000,
  };

  const complaints = await harass(scene, seconds, print);
  await crowd.finish(SLACK + 1000);
  complaints.push(...(await complaintsAbout(gateway, base, random)));
  for (const each of Object.values(bots)) each.stop();
  bad.stop();
  return { folder, complaints };
}

/** All faults in a random order, again and again, some of them side by side. Gives those that could not be done. */
async function harass(scene: Scene, seconds: number, print: (line: string) => void): Promise<string[]> {
  const failed: string[] = [];
  const underway: Promise<void>[] = [];
  const names = Object.keys(faults);
  const pause = Math.min(4000, (seconds * 1000) / (names.length + 2));
  const since = Date.now();
  const until = since + seconds * 1000;
  let queue: string[] = [];
  await waitUntil(since + pause);
  while (Date.now() < until) {
    if (queue.length === 0) queue = scene.random.shuffle(names);
    const name = queue.shift() ?? '';
    const at = ((Date.now() - since) / 1000).toFixed(1).padStart(6);
    underway.push(
      (async () => faults[name]?.(scene))().then(
        (word) => print(`${at} s  ${name}: ${word}`),
        (error: unknown) => void failed.push(`${name}: ${String(error)}`),
      ),
    );
    await waitUntil(Math.min(until, Date.now() + pause * (0.5 + scene.random.next())));
  }
  await Promise.all(underway);
  return failed;
}

/** After everybody has left: nothing is held, nothing was a bug, and the process stops when told. */
async function complaintsAbout(gateway: GatewayProcess, base: number, random: Random): Promise<string[]> {
  const complaints: string[] = [];
  const patience = Date.now() + 10_000;
  while (gateway.descriptors() > base + SPARE_DESCRIPTORS && Date.now() < patience)
    await waitUntil(Date.now() + 200);
  const open = gateway.descriptors();
  if (open > base + SPARE_DESCRIPTORS)
    complaints.push(`${open} descriptors are open, ${base} were at the start`);
  const bugs = gateway.log().filter((line) => /"level":"(error|fatal)"/.test(line));
  if (bugs.length > 0) complaints.push(`${bugs.length} errors in the log, such as ${random.pick(bugs)}`);
  const exit = await gateway.stop();
  if (exit !== 0) complaints.push(`the gateway exited with ${exit}`);
  return complaints;
}

function waitUntil(at: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, at - Date.now())));
}
