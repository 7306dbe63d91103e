import { generate, type Measurement } from '../bench.ts';
import { relays } from '../contestants.ts';
import { figuresOf } from '../wsload.ts';
import { record, withAll } from './rounds.ts';

const CALLS = 5000;
/** Seconds that the calls are held before memory is read. */
const HOLD = 2;

/** What an idle call keeps in memory: growth from a fresh process, so the first calls' compiled code counts too. */
export const memory: Measurement = {
  name: 'memory',
  seconds: ({ options, machine }) => options.rounds * relays(machine).length * (HOLD + 5),
  async run(bench) {
    const { options, machine, progress } = bench;
    const calls = callsFor(machine.maxFiles);
    if (calls < CALLS) {
      progress.say(
        `memory: ${calls} calls instead of ${CALLS}, as a process may open ${machine.maxFiles} files here (ulimit -n 20000)`,
      );
    }
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const entry of relays(machine)) {
        progress.step(`memory, round ${round} of ${options.rounds}: ${entry.name}`, HOLD + 5);
        await withAll(bench, [entry], async ([contestant]) => {
          if (!contestant) return;
          const to = { ...contestant, pids: contestant.pids() };
          const report = await generate(bench, 'idle', { '-n': calls, '-d': HOLD }, to);
          const where = { measurement: 'memory', load: `${calls} calls`, contestant: entry.name, round };
          const figures = figuresOf(report, {
            rss_kib_per_call: ['rss_kb_per_conn', 1],
            rss_mib: ['rss_after_kb', 1 / 1024],
            open_s: ['open_secs', 1],
          });
          record(bench, where, report, figures);
        });
      }
    }
  },
};

/** A relay has two files open for each call, HAProxy counts them against 90 % of what there may be. */
export function callsFor(maxFiles: number): number {
  return Math.min(CALLS, Math.floor(maxFiles * 0.45 - 100));
}
