import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freePort } from '../helpers/bot.ts';
import { runCli, startCli, type Running } from '../helpers/cli.ts';
import { connect } from '../helpers/client.ts';
import { secret } from '../helpers/leaks.ts';

let folder: string;
let state: string;
let port: number;
let gateway: Running;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hookswitch-serve-'));
  state = join(folder, 'made-up', 'state.json');
  port = await freePort();
  gateway = startCli(['serve'], { env: { HOOKSWITCH_STATE: state, PORT: String(port) }, cwd: folder });
  await vi.waitUntil(() => gateway.stderr().includes('Hookswitch is up'), { timeout: 10_000 });
  const {
    secret: master,
    privateKey,
    publicKey,
    carriers,
  } = JSON.parse(readFileSync(state, 'utf8')) as {
    secret: string;
    privateKey: string;
    publicKey: string;
    carriers: Record<string, string>;
  };
  secret(
    master,
    privateKey,
    publicKey,
    carriers['TWILIO_AUTH_TOKEN'] ?? '',
    carriers['TELNYX_PRIVATE_KEY'] ?? '',
  );
});
afterAll(async () => {
  gateway.child.kill('SIGKILL');
  await gateway.done;
  rmSync(folder, { recursive: true });
});

describe('a gateway with nothing configured', () => {
  test('prints what to paste where, and keeps what it made up to its owner', () => {
    const banner = gateway.stderr();
    for (const carrier of ['twilio', 'plivo', 'telnyx']) {
      expect(banner).toContain(`POST http://127.0.0.1:${port}/webhooks/${carrier}/demo`);
    }
    expect(banner).toMatch(/curl -X POST http:\/\/127\.0\.0\.1:\d+\/v1\/public\/demo\/start/);
    expect(banner).toMatch(/wscat -c ws:\/\/127\.0\.0\.1:\d+\/ws\/generic\/demo\.local\/TOKEN/);
    expect(banner).toContain('hookswitch call twilio');
    expect(banner).toContain('Private key, shown this once: sk_');
    expect(statSync(state).mode & 0o777).toBe(0o600);
  });

  test('logs JSON lines when it is not on a terminal', async () => {
    await expect.poll(() => gateway.stdout()).toContain('listening');
    for (const line of gateway.stdout().trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
  });

  test('is called by the simulator, as a carrier', { timeout: 30_000 }, async () => {
    const webhook = `http://127.0.0.1:${port}/webhooks/twilio`;
    const out = join(folder, 'call');
    const args = ['call', 'twilio', '--webhook', webhook, '--speed', 'max', '--json', '--out', out];
    const { code, stdout, stderr } = await runCli(args, { env: { HOOKSWITCH_STATE: state } });
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      provider: 'twilio',
      verdict: { ok: true },
      closed: { code: 1000 },
    });
    expect(readFileSync(join(out, 'heard.wav')).subarray(0, 4).toString()).toBe('RIFF');
    expect(JSON.parse(readFileSync(join(out, 'timeline.json'), 'utf8'))).toHaveProperty('timeline');
  });

  test('gives "token" an address that opens once', async () => {
    const { code, stdout } = await startAndToken();
    expect(code).toBe(0);
    const client = await connect(stdout.trim());
    client.socket.send('echo');
    await expect.poll(() => client.texts()).toEqual(['echo']);
    client.socket.close();
    await expect(connect(stdout.trim())).rejects.toThrow('403');
  });

  async function startAndToken(): Promise<{ code: number | null; stdout: string }> {
    const args = ['token', '--url', `http://127.0.0.1:${port}`];
    return runCli(args, { env: { HOOKSWITCH_STATE: state } });
  }

  test('tells "token" what was wrong', async () => {
    const args = ['token', 'stranger', '--url', `http://127.0.0.1:${port}`];
    const { code, stderr } = await runCli(args, { env: { HOOKSWITCH_STATE: state } });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('/start answered 404: no agent of that name'),
    ]);
  });

  test('says which port is taken', async () => {
    const { code, stderr } = await runCli(['serve'], {
      env: { HOOKSWITCH_STATE: state, PORT: String(port) },
      cwd: folder,
    });
    expect([code, stderr]).toEqual([2, expect.stringContaining('EADDRINUSE')]);
  });

  test('drains on SIGTERM and exits 0', async () => {
    gateway.child.kill('SIGTERM');
    expect((await gateway.done).code).toBe(0);
  });
});

test('a state file that others may read is refused', async () => {
  chmodSync(state, 0o644);
  const { code, stderr } = await runCli(['token'], { env: { HOOKSWITCH_STATE: state } });
  expect([code, stderr]).toEqual([2, expect.stringContaining('chmod 600')]);
});
