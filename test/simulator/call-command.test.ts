import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, describe, expect, test } from 'vitest';
import { registerCall, type CallTools } from '../../cli/call.ts';
import { startDemoBot } from '../../demo/bot.ts';
import { twilio } from '../../providers/index.ts';
import { startWebhook, streamDocument } from './scene.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  process.exitCode = undefined;
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function hookswitch(
  args: string[],
  tools: Partial<CallTools> = {},
): Promise<{ out: string; err: string; code: unknown }> {
  let out = '';
  let err = '';
  const program = new Command();
  const credentials = twilio.inventCredentials();
  registerCall(program, {
    env: {},
    readState: () => ({ credentials, streamSecret: '', publicKey: '' }),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    ...tools,
  });
  await program.parseAsync(['call', ...args], { from: 'user' });
  const code = process.exitCode;
  process.exitCode = undefined;
  return { out, err, code };
}

async function line(): Promise<string> {
  const bot = await startDemoBot();
  const webhook = await startWebhook({ body: streamDocument('twilio', bot.url) });
  open.push(bot, webhook);
  return webhook.url;
}

test('a good call exits with 0 and shows timeline, picture and verdict without colour', async () => {
  const args = ['twilio', '--webhook', await line(), '--speed', 'max', '--dtmf', '1@0.1'];
  const { out, err, code } = await hookswitch(args);
  expect([err, code]).toEqual(['', 0]);
  expect(out).toMatch(/^twilio {2}\+15551230001 → \+15551230000 {2}http:/);
  expect(out).toMatch(/^ +\d+ ms {2}socket +open after \d+ ms$/m);
  expect(out).toMatch(/^ +\d+ ms {2}digit +the caller pressed 1$/m);
  expect(out).toMatch(/^ {2}caller {2}[▁▂▃▄▅▆▇█]{72}\n {2}bot {5}[▁▂▃▄▅▆▇█]{72}\n {11}1x /m);
  expect(out).toMatch(/^ {2}ok: closed by the bot or gateway with 1000$/m);
  expect(out).not.toContain('\u001B');
});

test('--json prints one object, --out writes four files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hookswitch-'));
  const target = join(folder, 'new/call');
  const args = ['twilio', '--webhook', await line(), '--speed', 'max', '--out', target, '--json'];
  const { out, code } = await hookswitch(args);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ provider: 'twilio', verdict: { ok: true } });
  expect(out.trim().split('\n')).toHaveLength(1);
  const files = ['heard.wav', 'recording.jsonl', 'said.wav', 'timeline.json'];
  expect((await readdir(target)).toSorted()).toEqual(files);
  await rm(folder, { recursive: true });
});

test('colour is for a terminal that wants it', async () => {
  let out = '';
  const stdout = { isTTY: true, write: (text: string) => (out += text) };
  const args = ['twilio', '--webhook', 'http://127.0.0.1:2/'];
  await hookswitch(args, { stdout });
  expect(out).toContain('\u001B[31m');
  out = '';
  await hookswitch(args, { stdout, env: { NO_COLOR: '1' } });
  expect(out).not.toContain('\u001B');
});

test('a failed call exits with 1 and names reason and cure', async () => {
  const { out, code } = await hookswitch(['twilio', '--webhook', 'http://127.0.0.1:2/']);
  expect(code).toBe(1);
  expect(out).toMatch(/^ {2}failed +the webhook .* cannot be reached.*\n {2}cure +start the gateway/m);
});

test('the variables of the carrier go before what a local gateway made up', async () => {
  const webhook = await startWebhook({ status: 403, body: '' });
  open.push(webhook);
  const env = twilio.inventCredentials();
  await hookswitch(['twilio', '--webhook', webhook.url], { env });
  expect(new URLSearchParams(webhook.requests[0]?.body).get('AccountSid')).toBe(env.TWILIO_ACCOUNT_SID);
});

describe('words that make no sense exit with 2:', () => {
  test.each([
    [['nobody'], /"nobody" is no provider: use .*\bplivo, /],
    [['twilio', '--audio', 'a', '--recording', 'b'], /exclude each other/],
    [['twilio', '--audio', '/no/such.wav'], /such\.wav cannot be opened/],
    [['twilio', '--recording', '/no/such.jsonl'], /such\.jsonl cannot be opened/],
    [['twilio', '--dtmf', '5'], /--dtmf takes keys and seconds/],
    [['twilio', '--dtmf', 'E@1'], /--dtmf takes/],
    [['twilio', '--dtmf', '5@-1'], /--dtmf takes/],
    [['twilio', '--from', 'me'], /--from takes a number/],
    [['twilio', '--to', ''], /--to takes a number/],
    [['twilio', '--webhook', 'ftp://x/'], /--webhook takes an http/],
    [['twilio', '--webhook', 'here'], /--webhook takes an http/],
    [['twilio', '--method', 'PUT'], /--method takes GET or POST/],
    [['twilio', '--speed', '0'], /--speed takes/],
    [['twilio', '--speed', 'fast'], /--speed takes/],
    [['twilio', '--linger', '1e9'], /--linger takes/],
  ])('%j', async (args, message) => {
    const { out, err, code } = await hookswitch(args);
    expect(err).toMatch(message);
    expect([out, code]).toEqual(['', 2]);
  });

  test('no credentials at all', async () => {
    const { err, code } = await hookswitch(['twilio'], { readState: () => null });
    expect(err).toMatch(/nothing to sign as twilio with: start a gateway on this machine.*TWILIO_AUTH_TOKEN/);
    expect(code).toBe(2);
  });
});
