import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookswitch-no-python-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** `version`: what the only python3 says it is; null is none. */
function testInterop(version: string | null, env: NodeJS.ProcessEnv): [code: number | null, printed: string] {
  const python = join(folder, 'python3');
  rmSync(python, { force: true });
  if (version !== null) {
    writeFileSync(python, `#!/bin/sh\necho ${version}\n`);
    chmodSync(python, 0o755);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'run.mjs')], {
    env: { PATH: folder, ...env },
    encoding: 'utf8',
  });
  return [status, stdout + stderr];
}

describe.each([
  [null, 'there is no such python3'],
  ['3.10.13', 'python3 is 3.10.13'],
  ['2.7.18', 'python3 is 2.7.18'],
])('npm run test:interop with python3 %s', (version, sentence) => {
  test('is skipped, and says why', () => {
    const [code, printed] = testInterop(version, {});
    expect(printed).toMatch(/^skipped: .*Python 3\.11 or newer/);
    expect(printed).toContain(sentence);
    expect(code).toBe(0);
  });

  test('fails where it is required, and says why', () => {
    const [code, printed] = testInterop(version, { HOOKSWITCH_INTEROP: 'required' });
    expect(printed).toContain(sentence);
    expect(printed).not.toContain('skipped');
    expect(code).toBe(1);
  });
});
