import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCli, startCli, type Ran, type Running } from '../helpers/cli.ts';

let folder: string;
let environment: Record<string, string>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookswitch-deploy-'));
  environment = { HOOKSWITCH_STATE: join(folder, 'state.json'), PORT: '0' };
  writeFileSync(
    join(folder, 'pcc-deploy.toml'),
    'agent_name = "my-agent"\nsecret_set = "hidden-set"\nwebsocket_auth = "token"\n[scaling]\nmax_agents = 3\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): Promise<Ran> {
  return runCli(args, { cwd: folder, env: environment });
}

test('check prints what the file amounts to, and a word on what it does not', async () => {
  const { code, stdout, stderr } = await run('check', '--deploy-config', '--bot', 'ws://127.0.0.1:7861/ws');
  expect([code, stderr]).toEqual([0, expect.stringContaining('environment of the bot')]);
  expect(stderr).toMatch(
    /^--deploy-config: [^]*\n {2}secret_set +secrets [^]*\n {2}max_session_duration +not/,
  );
  expect(stdout).toMatch(
    /from \.\/pcc-deploy\.toml and[^]*agent_name = "my-agent"[^]*websocket_auth = "token"[^]*max_session_duration = 7200[^]*max_agents = 3/,
  );
  expect(stdout + stderr).not.toContain('hidden-set');
});

test.each([
  [['check', '--deploy-config'], /--bot: name at least one bot/],
  [['check', '--bot', 'ws://127.0.0.1:7861/ws'], /--bot goes with --deploy-config/],
  [
    ['serve', '--deploy-config', 'nowhere.toml', '--bot', 'demo:'],
    /nowhere\.toml cannot be read.*--deploy-config/,
  ],
  [['serve', '--deploy-config', '--bot', 'http://x'], /--bot 1: must be a URL that begins with ws:/],
])('%j exits 2 and says why', async (args, expected) => {
  const { code, stderr } = await run(...args);
  expect([code, stderr]).toEqual([2, expect.stringMatching(expected)]);
});

test('a file that nobody named is not read', async () => {
  expect((await run('check')).stdout).toContain('agent_name = "demo"');
});

test('serve takes a call to the agent of the file, at whichever of its bots answers', async () => {
  const started = [startCli(['demo-bot', '--port', '0'])];
  try {
    const bot = await said(started[0], /^ws:\/\/\S+/);
    const args = ['serve', '--deploy-config', 'pcc-deploy.toml', '--bot', 'ws://127.0.0.1:9/', '--bot', bot];
    started.push(startCli(args, { cwd: folder, env: environment }));
    const url = await said(started[1], /http:\/\/127\.0\.0\.1:\d+\/webhooks\/twilio\/my-agent/);
    expect(started[1]?.stderr()).toContain('secret_set');
    const { code, stdout } = await run('call', 'twilio', '--webhook', url, '--speed', 'max');
    expect([code, stdout]).toEqual([0, expect.stringContaining('ok: ')]);
  } finally {
    for (const { child } of started) child.kill('SIGTERM');
    await Promise.all(started.map(({ done }) => done));
  }
}, 40_000);

/** What a command printed, as soon as it did. */
async function said(command: Running | undefined, pattern: RegExp): Promise<string> {
  const find = (): string | undefined => command && pattern.exec(command.stdout() + command.stderr())?.[0];
  await vi.waitUntil(() => find() !== undefined, { timeout: 10_000 });
  return find() ?? '';
}
