import { serviceHostOf, type Agent } from '../../gateway/agents.ts';
import { startGateway } from '../../gateway/app.ts';
import type { Config } from '../../gateway/config/config.ts';
import type { Log } from '../../gateway/log.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import { placeCall, wallClock, type CallReport } from '../../simulator/index.ts';
import { heardIn, longestSilence, type Moment } from './heard.ts';
import { stageOf, type Scene } from './scenes.ts';

/** Milliseconds after which a caller hangs up, whatever happens: nobody waits as long. */
export const PATIENCE = 120_000;
/** Milliseconds a caller talks to the bot of another agent: it was reached, that is all there is to see. */
const STAND_IN_TIME = 1000;
/** Milliseconds after which the caller presses #, for which the demo bot says goodbye. */
const GOODBYE_AT = 700;

const FROM = '+15551230001';
const TO = '+15551230000';

/** What a caller over one carrier hears in one scene, and whether that will do. */
export interface Rehearsal {
  readonly scene: Scene;
  readonly carrier: string;
  /** Service host. */
  readonly agent: string;
  readonly heard: readonly Moment[];
  readonly longestSilenceMs: number;
  readonly verdict: Verdict;
}

export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly cure: string };

export interface RehearseOptions {
  readonly config: Config;
  readonly agent: Agent;
  /** Milliseconds of silence that a caller may be left in. */
  readonly maxSilence: number;
}

const quiet: Log = { info() {}, warn() {}, error() {} };

/** One call over one carrier, through a gateway of its own. */
export async function rehearse(
  scene: Scene,
  provider: ProviderModule,
  { config, agent, maxSilence }: RehearseOptions,
): Promise<Rehearsal> {
  const hangUp = new AbortController();
  const stage = await stageOf(scene, config, agent, () => {
    setTimeout(() => hangUp.abort(), STAND_IN_TIME);
  });
  const gateway = await startGateway({ ...stage, log: quiet, now: Date.now });
  let elsewhere: string | null = null;
  const digits = scene === 'goodbye' ? [{ digit: '#', atMs: GOODBYE_AT }] : [];
  try {
    const report = await placeCall({
      provider,
      env: stage.config.carriers,
      webhook: {
        url: `${gateway.publicUrl}/webhooks/${provider.name}/${serviceHostOf(agent)}`,
        method: 'POST',
      },
      from: FROM,
      to: agent.numbers[0] ?? TO,
      source: { samples: new Int16Array(0), digits },
      onEvent({ type }) {
        if (type === 'digit') digits.length = 0; // once, and not to the bot of another agent
      },
      linger: PATIENCE,
      signal: AbortSignal.any([hangUp.signal, AbortSignal.timeout(PATIENCE)]),
      tools: {
        clock: wallClock,
        epoch: Date.now,
        async fetch(input, init) {
          const { href, origin } = new URL(input instanceof Request ? input.url : input);
          if (origin === gateway.publicUrl) return fetch(input, init);
          elsewhere = href;
          throw new Error('a rehearsal asks nobody but its own gateway');
        },
      },
    });
    return {
      scene,
      carrier: provider.name,
      agent: serviceHostOf(agent),
      ...judged(report, elsewhere, maxSilence),
    };
  } finally {
    await gateway.drain();
    await stage.close();
  }
}

function judged(
  report: CallReport,
  elsewhere: string | null,
  maxSilence: number,
): Pick<Rehearsal, 'heard' | 'longestSilenceMs' | 'verdict'> {
  const heard = heardIn(report, elsewhere);
  const longestSilenceMs = longestSilence(heard);
  return { heard, longestSilenceMs, verdict: verdictOf(heard, longestSilenceMs, maxSilence) };
}

export function verdictOf(heard: readonly Moment[], longest: number, maxSilence: number): Verdict {
  const error = heard.find(({ type }) => type === 'error');
  if (error) {
    return {
      ok: false,
      reason: `the caller hears an error message of the carrier, or nothing: ${error.text}`,
      cure: 'correct what the steps lead to',
    };
  }
  if (longest > maxSilence) {
    return {
      ok: false,
      reason: `the caller hears nothing for ${secondsOf(longest)} s`,
      cure: "lower limits.dial_timeout or the agent's pool.wait, or allow for more with --max-silence",
    };
  }
  if (heard.every(({ type }) => type === 'ring' || type === 'silence' || type === 'hang up')) {
    return {
      ok: false,
      reason: 'the caller hears nothing at all',
      cure: 'say, play, dial or redirect something in [agents.steps]',
    };
  }
  return { ok: true };
}

/** One decimal, never less than there is. */
export function secondsOf(ms: number): string {
  return (Math.ceil(ms / 100) / 10).toFixed(1);
}
