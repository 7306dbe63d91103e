import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli, startCli } from '../helpers/cli.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookswitch-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.concurrent.each([
  [['--help'], /serve[^]*call[^]*demo[^]*check[^]*token/],
  [['serve', '--help'], /127\.0\.0\.1:7860[^]*HOOKSWITCH_SECRETS/],
  [['call', '--help'], /hookswitch call telnyx --dtmf/],
  [['check', '--help'], /Exit code 0/],
  [['connect', '--help'], /hookswitch connect twilio --number \+15551230000 --undo --apply/],
  [['doctor', '--help'], /hookswitch doctor --url https:\/\/voice\.example\.com --idle/],
  [['route', '--help'], /hookswitch route twilio \+15551230000/],
  [['rehearse', '--help'], /bot-dies[^]*hookswitch rehearse demo bot-dies[^]*Exit codes/],
  [['token', '--help'], /hookswitch token support --transport twilio/],
  [['demo', '--help'], /Nothing is needed/],
  [['demo-bot', '--help'], /without access control/],
  [['--version'], /^\d+\.\d+\.\d+\n$/],
])('%j teaches, and exits 0', async (args, expected) => {
  const { code, stdout } = await runCli(args);
  expect([code, stdout]).toEqual([0, expect.stringMatching(expected)]);
});

test.concurrent.each([
  [[], /Usage/],
  [['dance'], /unknown command 'dance'/],
  [['serve', '--port', '1'], /unknown option '--port'/],
  [['serve', '--config', 'nowhere.toml'], /nowhere\.toml cannot be read/],
  [['call'], /missing required argument/],
  [['call', 'nexmo'], /use twilio, plivo, telnyx|use plivo|telnyx/],
  [['token', '--url', 'x'], /--url must be a URL/],
  [['connect', 'dance'], /"dance" is no carrier; this command knows/],
  [['connect', 'twilio'], /no credentials of twilio: set TWILIO_ACCOUNT_SID/],
  [['doctor', '--idle', '151'], /at most 150/],
  [['demo-bot', '--port', '65536'], /give a port of 0 to 65535/],
  [['demo-bot', '--host', '192.0.2.1', '--port', '0'], /cannot listen on 192\.0\.2\.1:0 \(EADDRNOTAVAIL\)/],
  [['token', '--body', '{'], /no public key|--body must be JSON/],
])('%j says what is wrong, and exits 2', async (args, expected) => {
  const { code, stderr } = await runCli(args, {
    cwd: folder,
    env: { HOOKSWITCH_STATE: join(folder, 'none') },
  });
  expect([code, stderr]).toEqual([2, expect.stringMatching(expected)]);
});

test.concurrent('check prints the effective configuration with its secrets masked', async () => {
  const key = `pk_${'a1B2'.repeat(8)}`;
  const cwd = join(folder, 'good');
  mkdirSync(cwd);
  const secret = Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64url');
  writeFileSync(
    join(cwd, 'hookswitch.toml'),
    '[[agents]]\nagent_name = "a"\nwebsocket_auth = "token"\nbots = ["demo:"]\n',
  );
  const env = {
    HOOKSWITCH_SECRETS: `k1:${secret}`,
    HOOKSWITCH_PUBLIC_KEYS: key,
    PLIVO_AUTH_ID: `MA${'X'.repeat(18)}`,
    PLIVO_AUTH_TOKEN: 'plivo-token-plivo-token-plivo-token-1234',
  };
  const { code, stdout } = await runCli(['check'], { cwd, env });
  expect(code).toBe(0);
  expect(stdout).toMatch(/agent_name = "a"[^]*max_sockets = 10000/);
  expect(stdout).toContain('carriers = [ "plivo" ]');
  for (const value of [key, secret, env.PLIVO_AUTH_TOKEN]) expect(stdout).not.toContain(value);
});

test.concurrent('output that nobody reads to its end is no mistake', async () => {
  const { child, done } = startCli(['check'], { cwd: folder });
  child.stdout?.destroy(); // as `| head` does
  const { code, stderr } = await done;
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('EPIPE')]);
});

test.concurrent('check lists every mistake, and exits 2', async () => {
  const file = join(folder, 'wrong.toml');
  writeFileSync(file, 'listen = "x"\n[[agents]]\nagent_name = "A"\nbots = ["http://x"]\n');
  const { code, stderr } = await runCli(['check', '--config', file], {
    env: { TWILIO_AUTH_TOKEN: 'hidden-value' },
  });
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /4 mistakes[^]*listen[^]*agents\[0\]\.agent_name[^]*agents\[0\]\.bots\[0\][^]*twilio/,
  );
  expect(stderr).not.toContain('hidden-value');
});

test.concurrent('the demo places three calls with nothing configured', { timeout: 40_000 }, async () => {
  const { code, stdout } = await runCli(['demo'], { cwd: folder });
  expect([code, stdout]).toEqual([0, expect.stringContaining('3 of 3 calls went all the way')]);
});
