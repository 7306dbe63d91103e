import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { readCores, readMachine } from '../bench/machine.ts';
import { callsFor } from '../bench/measurements/memory.ts';
import { freePort, processes } from '../bench/processes.ts';
import { compile, faultsOf, readReport } from '../bench/wsload.ts';

const root = join(import.meta.dirname, '..');

describe('the machine', () => {
  test.each([
    ['0-1', [0, 1]],
    ['0-2,5', [0, 1, 2, 5]],
    ['3', [3]],
  ])('cores %s are %j', (list, expected) => {
    expect(readCores(list)).toEqual(expected);
  });

  test.each([
    [20_000, 5000],
    [1024, 360],
  ])('with %d files it can hold %d idle calls', (files, calls) => {
    expect(callsFor(files)).toBe(calls);
  });

  test('is described', () => {
    const { cores, node } = readMachine();
    expect([cores.length > 0, node]).toEqual([true, process.version.slice(1)]);
  });
});

describe('the generator', () => {
  let folder: string;
  const started = processes();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hookswitch-bench-test-'));
  });
  afterAll(() => {
    started.stopAll();
    rmSync(folder, { recursive: true });
  });

  test('without a C compiler, says what to install', () => {
    expect(() => compile(root, folder, folder)).toThrow('install a C compiler');
  });

  test('sees a relay that swallows a message', async () => {
    const wsload = compile(root, folder);
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    let seen = 0;
    server.on('connection', (socket) => {
      socket.on('message', (data) => {
        seen += 1;
        if (seen !== 5) socket.send(data, { binary: false });
      });
    });
    const { port } = server.address() as { port: number };
    const argv = [wsload, 'load', '-n', '1', '-d', '0.4', '-w', '0', `ws://127.0.0.1:${port}/`];
    const report = readReport(await started.run({ name: 'wsload', argv, core: null }, 10));
    server.close();
    expect(faultsOf(report)).toContain('lost 1');
  });

  test('ends with its own words when it cannot work, and when it takes too long', async () => {
    const argv = [join(folder, 'wsload'), 'load', 'http://127.0.0.1:1/'];
    await expect(started.run({ name: 'wsload', argv, core: null }, 10)).rejects.toThrow(
      'must begin with ws://',
    );
    const sleeper = { name: 'sleeper', argv: ['sleep', '60'], core: null };
    await expect(started.run(sleeper, 0.1)).rejects.toThrow('sleeper failed (stopped)');
  });

  test('stops what it started, children too', async () => {
    const port = await freePort();
    const script = `require('child_process').spawn('sleep', ['60']);
      require('net').createServer().listen(${port}, '127.0.0.1')`;
    const argv = [process.execPath, '-e', script];
    const running = await started.serve({ name: 'parent', argv, core: null }, port);
    const pids = running.pids();
    expect(pids).toHaveLength(2);
    await running.stop();
    expect(running.pids()).toEqual([]);
    await vi.waitUntil(() => pids.every((pid) => ['', 'Z'].includes(stateOf(pid))), { timeout: 5000 });
  });

  test('a server that ends before it listens is an error with its last words', async () => {
    const argv = [process.execPath, '-e', 'console.error("no such thing"); process.exit(3)'];
    await expect(started.serve({ name: 'server', argv, core: null }, await freePort())).rejects.toThrow(
      'server ended (3): no such thing',
    );
  });
});

/** Empty when there is no such process; Z when nobody has asked yet how it ended. */
function stateOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.charAt(text.lastIndexOf(')') + 2);
  } catch {
    return '';
  }
}
