import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findLeaks, TRACE } from './helpers/leaks.ts';
import { setup } from './setup/secrets-stay-secret.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookswitch-leaks-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test('a planted secret is found, in the line it stands in', () => {
  writeFileSync(join(folder, 'secrets-1'), 'a-secret-of-mine\nshort\n');
  writeFileSync(join(folder, 'printed-1'), 'nothing\n{"x":"a-secret-of-mine"}\nshort\n');
  expect(findLeaks(folder)).toEqual({ secrets: 1, lines: 3, found: ['{"x":"a-secret-of-mine"}'] });
});

test('a planted secret fails the run', () => {
  vi.stubEnv('HOOKSWITCH_STATE', '');
  vi.stubEnv(TRACE, '');
  const printed = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const teardown = setup();
  const trace = process.env[TRACE] ?? '';
  writeFileSync(join(trace, 'secrets-1'), 'a-secret-of-mine\n');
  writeFileSync(join(trace, 'printed-1'), 'a-secret-of-mine\n');
  const before = process.exitCode;
  teardown();
  const after = process.exitCode;
  process.exitCode = before;
  expect([after, printed.mock.lastCall]).toEqual([1, [expect.stringContaining('a-secret-of-mine')]]);
});
