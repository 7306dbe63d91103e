import { abouts } from './scenes.ts';
import type { Moment } from './heard.ts';
import { secondsOf, type Rehearsal } from './rehearsal.ts';

const sentences: Readonly<Record<Moment['type'], (moment: Moment) => string>> = {
  ring: () => 'ring',
  silence: ({ lengthMs }) => `silence, ${secondsOf(lengthMs)} s`,
  bot: ({ lengthMs }) => `the bot's voice, ${secondsOf(lengthMs)} s`,
  say: ({ text }) => text,
  play: ({ text }) => `plays ${text}`,
  dial: ({ text }) => `dials ${text}`,
  redirect: ({ text }) => `is redirected to ${text} (not asked in a rehearsal)`,
  agent: ({ text }) => `is handed on to agent ${text}`,
  error: ({ text }) => `an error message of the carrier, or nothing: ${text}`,
  'hang up': ({ text }) => `hung up ${text}`,
};

/** A heading for all calls of a scene. */
export function printScene({ scene, agent }: Rehearsal): string {
  return `${scene}: ${agent}, while ${abouts[scene]}\n`;
}

/** Carrier, timeline, verdict. */
export function printRehearsal({ carrier, heard, longestSilenceMs, verdict }: Rehearsal): string {
  const lines = heard.map((moment) => {
    const at = (moment.atMs / 1000).toFixed(2).padStart(8);
    return `  ${at} s  ${sentences[moment.type](moment)}`;
  });
  const outcome = verdict.ok
    ? [`    ok: never in silence longer than ${secondsOf(longestSilenceMs)} s`]
    : [`    failed: ${verdict.reason}`, `    cure: ${verdict.cure}`];
  return [`\n  ${carrier}`, ...lines, ...outcome, ''].join('\n');
}
