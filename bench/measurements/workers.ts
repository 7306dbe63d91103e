import { generate, startBot, WARM, type Measurement } from '../bench.ts';
import { OURS } from '../contestants.ts';
import { OPEN_PATH, SINGLE_THREADED, startHookswitch } from '../hookswitch.ts';
import { figure } from '../wsload.ts';
import { ceilingMarks, record } from './rounds.ts';

const WORKERS = [1, 2];
/** Below this, load and bot take the cores that workers would need. */
export const ENOUGH_CORES = 4;

/** How much more goes through with more processes. Nothing is pinned. */
export const workers: Measurement = {
  name: 'workers',
  seconds: ({ options }) => options.rounds * WORKERS.length * (options.seconds + 3),
  async run(bench) {
    const { options, progress, machine } = bench;
    const limited = machine.cores.length < ENOUGH_CORES;
    const bot = await startBot(bench, false);
    try {
      for (let round = 1; round <= options.rounds; round += 1) {
        for (const count of WORKERS) {
          const contestant = `${OURS}, ${count === 1 ? '1 worker' : `${count} workers`}`;
          progress.step(`workers, round ${round} of ${options.rounds}: ${contestant}`, options.seconds + 3);
          const { port, running } = await startHookswitch(bench, {
            flags: [SINGLE_THREADED],
            workers: count,
            pinned: false,
            botPort: bot.port,
          });
          const args = { '-n': 200, '-k': 4, '-d': options.seconds, '-w': 2 * WARM };
          const to = { port, path: OPEN_PATH, pids: running.pids(), pinned: false };
          const report = await generate(bench, 'max', args, to);
          await running.stop();
          const where = { measurement: 'workers', load: 'as much as goes', contestant, round };
          const figures = {
            msg_per_s: figure(report, 'msg_per_s'),
            cpu_cores: figure(report, 'cpu_cores'),
            generator_cores: figure(report, 'self_cores'),
          };
          const few = limited ? [`too few cores to judge: ${machine.cores.length}`] : [];
          record(bench, where, report, figures, { marks: [...few, ...ceilingMarks(report)] });
        }
      }
    } finally {
      await bot.running.stop();
    }
  },
};
