import type { Options } from './bench.ts';
import { goals, goalsTable } from './goals.ts';
import type { Machine } from './machine.ts';
import type { Sample } from './samples.ts';
import { tables } from './tables.ts';
import { headroom } from './verdict.ts';

const BEGIN = '<!-- figures: begin, written by npm run bench -- --write -->';
const END = '<!-- figures: end -->';

/** Goals, tables and where they come from, as they stand on the page. */
export function figures(samples: readonly Sample[], machine: Machine, options: Options): string {
  const factor = headroom(samples, '600 calls');
  return [
    `Measured on ${machine.date}: ${machine.cores.length} cores of ${machine.cpu}, Linux ${machine.kernel}, Node ${machine.node}, ` +
      `${version('nginx', machine.nginx)}, ${version('HAProxy', machine.haproxy)}, ${version('Redis', machine.redis)}. ` +
      `Rounds of ${options.seconds} s: ${options.rounds}.` +
      (machine.canPin && machine.cores.length > 1 ? '' : ' Nothing could be pinned to a core of its own.') +
      (factor === null
        ? ''
        : ` Without a relay, generator and bot do ${factor.toFixed(1)} times the load of 600 calls.`),
    `## Goals\n\n${goalsTable(goals(samples))}`,
    `## Figures\n\n${tables(samples)}`,
  ].join('\n\n');
}

function version(name: string, found: string | null): string {
  return found === null ? `no ${name}` : `${name} ${found}`;
}

/** The page with other figures between its markers. Throws when it has none. */
export function withFigures(page: string, text: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`the page has no place for figures: ${BEGIN} … ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${text.trim()}\n\n${page.slice(end)}`;
}
