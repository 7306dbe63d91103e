import { judge } from './judge.ts';
import { readRecords } from './records.ts';
import { report } from './report.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new TypeError('usage: node test/chaos/judge.mjs <folder of records>');
const verdict = await judge(readRecords(folder));
process.stdout.write(report(verdict));
process.exitCode = verdict.violations.length > 0 ? 1 : 0;
