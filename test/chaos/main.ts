import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runChaos } from './chaos.ts';
import { judge } from './judge/judge.ts';
import { readRecords } from './judge/records.ts';
import { report } from './judge/report.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    seconds: { type: 'string', default: '120' },
    calls: { type: 'string', default: '200' },
    keep: { type: 'boolean', default: false },
  },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const { seed, seconds, calls } = values;
print(`seed ${seed}`);
const { folder, complaints } = await runChaos({
  seed: Number(seed),
  seconds: Number(seconds),
  calls: Number(calls),
  print,
});
const verdict = await judge(readRecords(folder));
process.stdout.write(report(verdict));
for (const complaint of complaints) print(`the gateway: ${complaint}`);
const isWell = verdict.violations.length === 0 && complaints.length === 0;
if (isWell && !values.keep) rmSync(folder, { recursive: true });
else print(`records are in ${folder}: judge them again with node test/chaos/judge.mjs ${folder}`);
print(isWell ? 'ok' : `failed: again with --seed ${seed}`);
process.exit(isWell ? 0 : 1);
