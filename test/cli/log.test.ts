import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { lineWriter, MAX_WAITING } from '../../cli/line-writer.ts';
import { freePort } from '../helpers/bot.ts';

type Done = (error: NodeJS.ErrnoException | null, written: number) => void;

/** A descriptor that takes what the test lets it take. */
function slowFile(): {
  written: () => string;
  take: (bytes: number) => void;
  fail: (code: string) => void;
  write: (fd: number, bytes: Buffer, done: Done) => void;
} {
  let written = '';
  let pending: { bytes: Buffer; done: Done } | null = null;
  const answer = (reply: (bytes: Buffer, done: Done) => void): void => {
    const current = pending;
    pending = null;
    if (current) reply(current.bytes, current.done);
  };
  return {
    written: () => written,
    write: (_, bytes, done) => {
      pending = { bytes, done };
    },
    take: (count) =>
      answer((bytes, done) => {
        const taken = Math.min(count, bytes.length);
        written += bytes.subarray(0, taken).toString();
        done(null, taken);
      }),
    fail: (code) => answer((_, done) => done(Object.assign(new Error(code), { code }), 0)),
  };
}

test('lines arrive whole and in order, however little is taken at a time', () => {
  const file = slowFile();
  const log = lineWriter(1, file.write, 0);
  for (const line of ['one\n', 'two ü\n', 'three\n']) log.write(line);
  for (let index = 0; index < 20; index += 1) file.take(3);
  expect(file.written()).toBe('one\ntwo ü\nthree\n');
});

test('a stuck reader costs a bounded amount of memory, and is told how many lines it missed', () => {
  const file = slowFile();
  const log = lineWriter(1, file.write, 0);
  const line = `${'x'.repeat(1023)}\n`;
  for (let index = 0; index < 3 * (MAX_WAITING / 1024); index += 1) log.write(line);
  file.take(1024);
  file.take(Number.MAX_SAFE_INTEGER);
  log.write('after\n');
  file.take(Number.MAX_SAFE_INTEGER);
  expect(file.written().length).toBeLessThan(MAX_WAITING + 3000);
  expect(file.written()).toMatch(/"msg":"log lines were dropped","dropped":2047\}\nafter\n$/);
});

test('a full disk loses lines and nothing else', () => {
  const file = slowFile();
  const log = lineWriter(1, file.write, 0);
  log.write('lost\n');
  file.fail('ENOSPC');
  log.write('kept\n');
  file.take(100);
  expect(file.written()).toBe('kept\n');
});

test('lines of one moment are written at once', () => {
  vi.useFakeTimers();
  const file = slowFile();
  const log = lineWriter(1, file.write);
  for (let index = 0; index < 100; index += 1) log.write('line\n');
  vi.runAllTimers();
  file.take(Number.MAX_SAFE_INTEGER);
  expect(file.written()).toBe('line\n'.repeat(100));
  vi.useRealTimers();
});

test('a reader that is not ready is tried again', () => {
  vi.useFakeTimers();
  const file = slowFile();
  const log = lineWriter(1, file.write, 0);
  log.write('later\n');
  file.fail('EAGAIN');
  vi.runAllTimers();
  file.take(100);
  expect(file.written()).toBe('later\n');
  vi.useRealTimers();
});

test.runIf(process.platform === 'linux')(
  'a gateway whose log disk is full answers, and stops when told',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hookswitch-log-'));
    const port = await freePort();
    const full = openSync('/dev/full', 'w');
    const main = join(import.meta.dirname, '../../dist/cli/main.js');
    const env = {
      PATH: process.env['PATH'],
      PORT: String(port),
      HOOKSWITCH_STATE: join(folder, 'state.json'),
    };
    const child = spawn(process.execPath, [main, 'serve'], {
      cwd: folder,
      env,
      stdio: ['ignore', full, 'ignore'],
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    const live = async (): Promise<number> =>
      fetch(`http://127.0.0.1:${port}/livez`).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(live, { timeout: 10_000 }).toBe(200);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    closeSync(full);
    rmSync(folder, { recursive: true });
  },
);
