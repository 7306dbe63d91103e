import { takersText } from '../connect/takers.ts';
import type { Finding } from './finding.ts';
import type { NumberLine } from './numbers.ts';

/** Characters for the names of checks. */
const WIDTH = 22;

export function printFinding({ check, status, detail, cure }: Finding): string {
  const line = `  ${status.padEnd(4)}  ${check.padEnd(WIDTH)}  ${detail.trimEnd()}\n`;
  return cure === undefined ? line : `${line}        ${' '.repeat(WIDTH)}  → ${cure}\n`;
}

export function printNumber({ number, carrier, takers, todo }: NumberLine): string {
  const way = `${carrier ?? 'no carrier'} → ${takersText(takers)}`;
  return `${number} (${way}): ${todo === null ? 'ready' : `not ready: ${todo}`}\n`;
}
