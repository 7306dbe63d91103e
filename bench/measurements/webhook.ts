import { join } from 'node:path';
import { foreignCores, loadCore, WARM, type Measurement } from '../bench.ts';
import { OURS, OURS_PLAIN } from '../contestants.ts';
import { SINGLE_THREADED, startHookswitch, TOKEN_AGENT } from '../hookswitch.ts';
import { figure, figuresOf, readReport, SATURATED, type Report } from '../wsload.ts';
import { record } from './rounds.ts';

const PARALLEL = 16;
const LOAD = `${PARALLEL} at a time`;

/** Signed voice webhooks of Twilio, each a call of its own, answered with a stream and a fresh token. */
export const webhook: Measurement = {
  name: 'webhook',
  seconds: ({ options }) => options.rounds * 2 * (options.seconds + 4),
  async run(bench) {
    const { options, progress, processes, machine } = bench;
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const [contestant, flags] of [
        [OURS, [SINGLE_THREADED]],
        [OURS_PLAIN, []],
      ] as const) {
        progress.step(`webhook, round ${round} of ${options.rounds}: ${contestant}`, options.seconds + 4);
        // A fresh one each time: every webhook leaves a session that waits five minutes for its stream.
        const { port, running, twilio } = await startHookswitch(bench, { flags });
        const url = `http://127.0.0.1:${port}/webhooks/twilio/${TOKEN_AGENT}`;
        const pids = running.pids().join(',');
        const numbers = [PARALLEL, 2 * WARM, options.seconds].map(String);
        const client = join(import.meta.dirname, '../webhook-client.js');
        const command = {
          name: 'the webhook client',
          argv: [process.execPath, client, url, twilio.accountSid, twilio.authToken, pids, ...numbers],
          core: loadCore(machine),
        };
        const foreign = foreignCores(processes);
        const report = readReport(await processes.run(command, options.seconds + 30));
        const seen = { ...report, foreign_cores: foreign() };
        await running.stop();
        record(
          bench,
          { measurement: 'webhook', load: LOAD, contestant, round },
          seen,
          figuresOf(report, {
            per_s: ['per_s', 1],
            cpu_us_per_request: ['cpu_us_per_request', 1],
            p50_ms: ['latency_us.p50', 1e-3],
            p99_ms: ['latency_us.p99', 1e-3],
          }),
          isClientLimited(report) ? { marks: ['generator-limited'] } : {},
        );
      }
    }
  },
};

/** The client's core was busy and the gateway's was not. */
function isClientLimited(report: Report): boolean {
  return figure(report, 'self_cores') > SATURATED && figure(report, 'cpu_cores') < SATURATED;
}
