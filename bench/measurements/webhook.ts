import { join } from 'node:path';
import { foreignCores, loadCore, WARM, type Bench, type Measurement } from '../bench.ts';
import { OURS, OURS_PLAIN } from '../contestants.ts';
import { SINGLE_THREADED, startHookswitch, TOKEN_AGENT, type Hookswitch } from '../hookswitch.ts';
import { figure, figuresOf, readReport, SATURATED, type Report } from '../wsload.ts';
import { record } from './rounds.ts';

const PARALLEL = 16;
const LOAD = `${PARALLEL} at a time`;

/** Signed voice webhooks of Twilio, each a call of its own, answered with a stream and a fresh token. */
export const webhook: Measurement = {
  name: 'webhook',
  seconds: ({ options }) => options.rounds * 2 * (options.seconds + 4),
  async run(bench) {
    const { options, progress } = bench;
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const [contestant, flags] of [
        [OURS, [SINGLE_THREADED]],
        [OURS_PLAIN, []],
      ] as const) {
        progress.step(`webhook, round ${round} of ${options.rounds}: ${contestant}`, options.seconds + 4);
        // A fresh one each time: every webhook leaves a session that waits five minutes for its stream.
        const gateway = await startHookswitch(bench, { flags });
        const report = await ask(bench, gateway, 'webhook', PARALLEL, options.seconds);
        await gateway.running.stop();
        record(
          bench,
          { measurement: 'webhook', load: LOAD, contestant, round },
          report,
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

/** Asks as often as it goes; each time for a new session of the same agent. */
export async function ask(
  { processes, machine }: Pick<Bench, 'processes' | 'machine'>,
  { port, running, twilio, publicKey }: Hookswitch,
  what: 'webhook' | 'start',
  parallel: number,
  seconds: number,
  warm: number = 2 * WARM,
): Promise<Report> {
  const base = `http://127.0.0.1:${port}`;
  const asked =
    what === 'start'
      ? [`${base}/v1/public/${TOKEN_AGENT}/start`, '', publicKey]
      : [`${base}/webhooks/twilio/${TOKEN_AGENT}`, twilio.accountSid, twilio.authToken];
  const numbers = [parallel, warm, seconds].map(String);
  const client = join(import.meta.dirname, '../webhook-client.js');
  const command = {
    name: 'the webhook client',
    argv: [process.execPath, client, ...asked, running.pids().join(','), ...numbers],
    core: loadCore(machine),
  };
  const foreign = foreignCores(processes);
  const report = readReport(await processes.run(command, seconds + 30));
  return { ...report, foreign_cores: foreign() };
}

/** The client's core was busy and the gateway's was not. */
export function isClientLimited(report: Report): boolean {
  return figure(report, 'self_cores') > SATURATED && figure(report, 'cpu_cores') < SATURATED;
}
