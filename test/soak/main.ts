import { parseArgs } from 'node:util';
import { churn, type Churned } from './churn.ts';
import { progressOf } from './progress.ts';
import type { Holding } from './soaked-gateway.ts';
import { volume, type Volume } from './volume.ts';

/** How much more may be in memory after all calls than after the first three tenths: what leaks, leaks with every call. */
const GROWTH = 1.01;
/** The same of live objects, some of which are code that is compiled late. */
const HEAP_GROWTH = 1.02;
/**
 * Bytes by which malloc's heap may be larger. It holds 6 to 20 MiB, up and down, as buffers of many sizes leave holes:
 * noise that would drown a rule of one per cent. For a hundred thousand calls it is less than sixty bytes each.
 */
const HOLES = 5 * 1024 * 1024;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    calls: { type: 'string', default: '100000' },
    messages: { type: 'string', default: '10000000' },
  },
});
const [seed, calls, messages] = [Number(values.seed), Number(values.calls), Number(values.messages)];

/** One row of the result: what, how much, and whether that is as it must be. */
type Row = [name: string, value: string, ok: boolean];

const rows: Row[] = [];
if (calls > 0) rows.push(...rowsOfChurn(await churn({ calls, seed, progress: progressOf('calls', calls) })));
if (messages > 0) {
  const progress = progressOf('messages', messages);
  rows.push(...rowsOfVolume(await volume({ messages, calls: 100, seed, progress })));
}
for (const [name, value, ok] of rows)
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(52)} ${value}\n`);
process.exit(rows.every(([, , ok]) => ok) ? 0 : 1);

function rowsOfChurn({ before, early, after, failures }: Churned): Row[] {
  const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
  const ratio = (late: number, soon: number): string =>
    `${mib(late)} and ${mib(soon)} MiB: x ${(late / soon).toFixed(4)}`;
  const own = ({ rss, mallocHeap }: Holding): number => rss - mallocHeap;
  const kinds = [...new Set([...Object.keys(before.resources), ...Object.keys(after.resources)])];
  const more = kinds.filter((kind) => (after.resources[kind] ?? 0) > (before.resources[kind] ?? 0));
  for (const failure of failures.slice(0, 10)) process.stderr.write(`${failure}\n`);
  return [
    ['calls that failed', `${failures.length} of ${calls}`, failures.length === 0],
    [
      'memory without malloc after all, and early',
      ratio(own(after), own(early)),
      own(after) <= GROWTH * own(early),
    ],
    [
      'memory of malloc after all, and early',
      ratio(after.mallocHeap, early.mallocHeap),
      after.mallocHeap <= early.mallocHeap + HOLES,
    ],
    ['all memory after all, and early', ratio(after.rss, early.rss), true],
    [
      'JavaScript heap after all, and early',
      ratio(after.heapUsed, early.heapUsed),
      after.heapUsed <= HEAP_GROWTH * early.heapUsed,
    ],
    [
      'open descriptors after and before',
      `${after.descriptors} and ${before.descriptors}`,
      after.descriptors <= before.descriptors,
    ],
    ['active resources more than before', more.join(', ') || 'none', more.length === 0],
    ['errors in the log', String(after.errors), after.errors === 0],
  ];
}

function rowsOfVolume({ sent, arrived, foreign, reordered, strange, changed, seconds }: Volume): Row[] {
  return [
    ['messages sent', String(sent), sent >= messages],
    ['messages lost', String(sent - arrived), sent === arrived],
    ['messages of another call', String(foreign), foreign === 0],
    ['messages out of their turn', String(reordered), reordered === 0],
    ['frames that nobody sent', String(strange), strange === 0],
    ['runs of 4,096 messages with another hash', String(changed), changed === 0],
    ['messages a second', String(Math.round(arrived / seconds)), true],
  ];
}
