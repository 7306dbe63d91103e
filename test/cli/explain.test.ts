import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freePort } from '../helpers/bot.ts';
import { carrierOf } from '../helpers/carriers.ts';
import { runCli, startCli, type Ran, type Running } from '../helpers/cli.ts';
import { knock } from '../helpers/client.ts';
import { secret } from '../helpers/leaks.ts';

const FROM = '+15557350031';
const TO = '+15557350030';
let folder: string;
let port: number;
let gateway: Running;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hookswitch-explain-'));
  port = await freePort();
  gateway = startCli(['serve'], {
    env: { HOOKSWITCH_STATE: join(folder, 'state.json'), PORT: String(port) },
    cwd: folder,
  });
  await vi.waitUntil(() => gateway.stderr().includes('Hookswitch is up'), { timeout: 10_000 });
});
afterAll(async () => {
  gateway.child.kill('SIGKILL');
  await gateway.done;
  rmSync(folder, { recursive: true });
});

function explain(...args: string[]): Promise<Ran> {
  return runCli(['explain', ...args], {
    env: { HOOKSWITCH_STATE: join(folder, 'state.json'), PORT: String(port) },
    cwd: folder,
  });
}

/** A call that was signed for another address. */
function signedElsewhere(): { headers: Record<string, string>; body: string } {
  const state = JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as {
    carriers: Record<string, string>;
  };
  const carrier = carrierOf('twilio', state.carriers);
  const rung = carrier.ring(
    carrier.newCall(FROM, TO),
    { url: `https://127.0.0.1:${port}/webhooks/twilio`, method: 'POST' },
    Date.now(),
  );
  secret(
    FROM,
    TO,
    rung.headers['x-twilio-signature'] ?? '',
    ...Object.entries(state.carriers).flatMap(([name, value]) => (/TOKEN|PRIVATE/.test(name) ? [value] : [])),
  );
  return { headers: { ...rung.headers }, body: rung.body };
}

describe('hookswitch explain', () => {
  test('asks a running gateway about its last refusals', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/webhooks/twilio`, {
      method: 'POST',
      ...signedElsewhere(),
    });
    expect(answer.status).toBe(403);
    await expect.poll(() => gateway.stdout()).toContain('refusal explained');
    const [, id = ''] = /hookswitch explain ([0-9a-f]{8})/.exec(gateway.stdout()) ?? [];
    const url = `http://127.0.0.1:${port}`;
    const [list, one, json] = await Promise.all([
      explain('--url', url),
      explain(id, '--url', url),
      explain(id, '--url', url, '--json'),
    ]);
    expect(list.stdout).toMatch(
      new RegExp(`^${id} .* webhook {2}twilio {2}scheme: public_url = "https://127.0.0.1:${port}"\\n$`),
    );
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect(one.stdout).toContain(`judged  POST http://127.0.0.1:${port}/webhooks/twilio\n`);
    expect(one.stdout).toContain(
      `tried   one spelling, with another scheme: right over https://127.0.0.1:${port}\n`,
    );
    expect(one.stdout).toContain(`change  public_url = "https://127.0.0.1:${port}"\n`);
    expect(JSON.parse(json.stdout)).toMatchObject({ id, cause: 'scheme' });
  });

  test('judges a file with the configuration it finds', async () => {
    const { headers, body } = signedElsewhere();
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    writeFileSync(
      join(folder, 'request.txt'),
      ['POST /webhooks/twilio HTTP/1.1', ...lines, '', body, ''].join('\r\n'),
    );
    const ran = await explain('request.txt');
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain(`change  public_url = "https://127.0.0.1:${port}"\n`);
  });

  test('says what is wrong, and with which exit code', async () => {
    const url = `http://127.0.0.1:${port}`;
    const rows: [args: string[], code: number, sentence: string][] = [
      [['00000000', '--url', url], 1, 'no such refusal'],
      [['--url', 'http://127.0.0.1:1'], 1, 'no gateway answers at http://127.0.0.1:1'],
      [['nonsense'], 2, 'no file, and no id'],
      [['--url', 'nonsense'], 2, '--url must be a URL'],
      [['state.json', '--at', 'noon'], 2, '--at must be a time'],
      [['state.json'], 2, 'needs "url"'],
    ];
    const runs = await Promise.all(rows.map(([args]) => explain(...args)));
    expect(runs).toEqual(
      rows.map(([, code, sentence]) => ({ code, stdout: '', stderr: expect.stringContaining(sentence) })),
    );
  });

  test('does not tell the one who was refused', async () => {
    const { body } = await knock(`ws://127.0.0.1:${port}/ws/generic/demo.local`);
    expect(body).toBe(
      '{"error":"the token is missing, wrong, expired or used: get a fresh one from /start","code":"403","reason":"ERR_TOKEN_REFUSED"}',
    );
  });
});
