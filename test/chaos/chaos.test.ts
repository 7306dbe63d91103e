import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test(
  'forty calls survive twelve seconds of faults, but for those that are hit',
  { timeout: 90_000 },
  async () => {
    const args = ['--calls', '40', '--seconds', '12', '--seed', '20261121'];
    const child = spawn(process.execPath, [join(import.meta.dirname, 'run.mjs'), ...args]);
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
      });
    }
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, printed }).toEqual({ code: 0, printed: expect.stringMatching(/^ok$/m) });
  },
);
