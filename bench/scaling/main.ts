import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { chart } from './chart.ts';
import { readConstants, remeasured, valuesOf } from './constants.ts';
import { appendix, simulation, withPart } from './page.ts';

/** `npm run scaling`: what so many calls at once need, and what gives way first. `root`: the checkout. */
export function main(argv: readonly string[], root: string): void {
  const { measured, write = false } = new Command('npm run scaling --')
    .description('Simulates clusters of many calls; docs/scaling.md says how to read it.')
    .option('--measured <file>', 'take the constants from what npm run bench -- --json wrote there')
    .option('--write', 'put the result into docs/scaling.md and .svg, and the constants into the repository')
    .parse([...argv])
    .opts<{ measured?: string; write?: boolean }>();
  const path = join(root, 'bench/scaling/constants.json');
  const known = readConstants(readFileSync(path, 'utf8'));
  const constants = measured === undefined ? known : remeasured(known, readFileSync(measured, 'utf8'));
  const of = valuesOf(constants);
  const text = simulation(constants);
  process.stdout.write(`${text}\n\n${appendix(constants)}\n`);
  if (!write) return;
  const page = join(root, 'docs/scaling.md');
  writeFileSync(path, `${JSON.stringify(constants, null, 2)}\n`);
  const simulated = withPart(readFileSync(page, 'utf8'), 'simulation', text);
  writeFileSync(page, withPart(simulated, 'constants', appendix(constants)));
  writeFileSync(join(root, 'docs/scaling.svg'), chart(of));
  execFileSync(process.execPath, [join(root, 'node_modules/oxfmt/bin/oxfmt'), page, path], { cwd: root });
}
