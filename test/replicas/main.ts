import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { REDIS_SERVER } from '../helpers/redis.ts';
import { lostReplica } from './lost-replica.ts';
import { races } from './races.ts';
import { redisFaults } from './redis-faults.ts';
import { rolling } from './rolling.ts';
import { conclusion, exactly, tableOf, type Scene } from './rows.ts';
import type { Part, PlayOptions } from './stage.ts';
import { stops } from './stops.ts';
import { webhooks } from './webhooks.ts';

const parts: Readonly<Record<string, Part>> = {
  races,
  rolling,
  lost: lostReplica,
  stops,
  redis: redisFaults,
  webhooks,
};

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    scenes: { type: 'string', default: Object.keys(parts).join(',') },
    calls: { type: 'string' },
    tokens: { type: 'string' },
    quick: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const { seed, quick: isQuick, keep } = values;
const names = values.scenes.split(',');
const unknown = names.filter((name) => !parts[name]);
if (unknown.length > 0) fail(`no scene ${unknown.join(', ')}: there are ${Object.keys(parts).join(', ')}`);
const size = {
  calls: Number(values.calls ?? (isQuick ? 100 : 200)),
  tokens: Number(values.tokens ?? (isQuick ? 1000 : 10_000)),
};
if (![...Object.values(size), Number(seed)].every((number) => Number.isInteger(number) && number >= 0))
  fail('--seed, --calls and --tokens are whole numbers');

if (spawnSync(REDIS_SERVER, ['--version']).error)
  fail(`${REDIS_SERVER} cannot be started: apt-get install redis-server, or set REDIS_SERVER`);

// Whoever is started here is stopped when this process exits, also by a signal.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => fail(`stopped by ${signal}`));
}

const since = Date.now();
const seconds = (): string => ((Date.now() - since) / 1000).toFixed(1).padStart(6);
const played: Scene[] = [];
for (const name of names) {
  const say = (line: string): void => void process.stderr.write(`${seconds()} s  ${name}: ${line}\n`);
  say('begins');
  played.push({ name, rows: await play(name, { ...size, seed: Number(seed), isQuick, keep, say }) });
}
const { isWell, sentence } = conclusion(played);
process.stdout.write(
  `${tableOf(played)}${seconds().trim()} s, again with --seed ${seed}${isWell ? '' : ' --keep'}\n${sentence}\n`,
);
process.exit(isWell ? 0 : 1);

/** A scene that breaks off is a scene that failed. */
async function play(name: string, options: PlayOptions): Promise<Scene['rows']> {
  try {
    return (await parts[name]?.(options)) ?? [];
  } catch (error) {
    options.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return [exactly('played to its end', 'yes', String(error))];
  }
}

function fail(why: string): never {
  process.stderr.write(`failed: ${why}\n`);
  process.exit(1);
}
