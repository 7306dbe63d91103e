import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Command } from 'commander';
import { registerExport } from '../../cli/export/command.ts';
import { checkExport, targets, type Target } from '../../cli/export/targets.ts';
import { moduleOf, webhookCarriers } from '../helpers/carriers.ts';
import { runCli } from '../helpers/cli.ts';

const templates = join(import.meta.dirname, '../../dist/functions');
const folder = mkdtempSync(join(tmpdir(), 'hookswitch-export-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
const startUrl = ['--start-url', 'https://voice.example.com'];
const support = ['--agent', 'support', ...startUrl];

/** Exports into a new folder, in this process. Returns what is in it, by path. */
function exported(args: readonly string[], out = join(folder, `${(count += 1)}`)): Map<string, string> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  registerExport(program, { templates, version: '9.9.9', stdout: { write: () => true } });
  program.parse(['export', ...args, '--out', out], { from: 'user' });
  const paths = readdirSync(out, { recursive: true, encoding: 'utf8' }).toSorted();
  return new Map(
    paths
      .filter((path) => statSync(join(out, path)).isFile())
      .map((path) => [path, readFileSync(join(out, path), 'utf8')]),
  );
}

function canExport(target: Target, name: string): boolean {
  try {
    checkExport(target, moduleOf(name));
    return true;
  } catch {
    return false;
  }
}

const exports = targets.flatMap((target) =>
  webhookCarriers.filter((name) => canExport(target, name)).map((name) => [target, name] as const),
);

describe.each(exports)('export %s of %s', (target, name) => {
  const files = exported([target, '--provider', name, ...support, '--say', 'Nobody is here.']);
  const [path = '', handler = ''] = [...files].find(([file]) => file.endsWith('js')) ?? [];

  /** Bytes. Plivo's validator brings parts of lodash; a handler with a whole SDK or an XML library in it has 300,000 and more. */
  test('is one file of at most 45,000 bytes that imports nothing but Node’s own modules', () => {
    expect(Buffer.byteLength(handler)).toBeLessThanOrEqual(45_000);
    const imports = handler.matchAll(
      /(?:\bfrom|\bimport|\bimport\(|\brequire\()["'`]([\w@][\w@/.:-]*)["'`]/g,
    );
    const foreign = [...imports]
      .map(([, module = '']) => module)
      .filter((module) => !module.startsWith('node:'));
    // Parts of lodash ask for `util`, and live without it where there is no `require`.
    expect(foreign).toEqual(name === 'plivo' ? ['util'] : []);
  });

  test('names the variables it needs, and has the value of none', () => {
    const { variables, webhookVariables = variables } = moduleOf(name);
    const named = webhookVariables.map((variable) =>
      target === 'twilio-function' ? variable.replace(/^TWILIO_/, '') : variable,
    );
    const lines = (files.get('.env.example') ?? '').split('\n').filter((line) => line.includes('='));
    expect(lines).toEqual([...named, 'HOOKSWITCH_PUBLIC_KEY'].map((variable) => `${variable}=`));
    for (const variable of named) expect(files.get('README.md')).toContain(`\`${variable}\``);
  });

  test('comes with five steps, the size of the file, and the licences of what is in it', () => {
    const readme = files.get('README.md') ?? '';
    expect(readme.match(/^## [1-5]\. .+$/gm)).toHaveLength(5);
    expect(readme).toContain(`\`${path}\`, ${Math.ceil(Buffer.byteLength(handler) / 1000)} kB`);
    expect(readme).toContain('"Nobody is here."');
    expect(files.get('NOTICES.txt')).toMatch(/^hookswitch [\d.]+, MIT\n\nMIT License/);
  });
});

describe('export', () => {
  test('writes a Function where Twilio’s tools look for it, and a package.json with what they need', () => {
    const files = exported(['twilio-function', '--provider', 'twilio', ...support]);
    expect([...files.keys()]).toEqual([
      '.env.example',
      '.gitignore',
      'NOTICES.txt',
      'README.md',
      'functions/twilio-support.protected.js',
      'package.json',
    ]);
    expect(JSON.parse(files.get('package.json') ?? '')).toMatchObject({
      name: 'hookswitch-twilio-support',
      dependencies: { '@twilio/runtime-handler': '2.1.0' },
      devDependencies: { 'twilio-run': '5.0.1' },
    });
  });

  test('leaves another carrier’s Function public, because Twilio lets nobody but Twilio into a protected one', () => {
    const files = exported(['twilio-function', '--provider', 'plivo', ...support]);
    expect(files.has('functions/plivo-support.js')).toBe(true);
  });

  test('puts every option into the settings of the file, as JSON', () => {
    const say = 'A "quote", a \\ and a */ </script> \u2028 \n';
    const files = exported(
      ['lambda', '--provider', 'telnyx', ...support].concat(
        ['--number', '+15551230000', '+15551230001'],
        ['--start-api', 'hookswitch', '--websocket-auth', 'none'],
        ['--say', say, '--play', 'https://cdn.example.com/a.mp3', '--dial', '+15551239999'],
        ['--redirect', 'https://a.example.com/b?c=d', '--callbacks', 'https://voice.example.com'],
        ['--public-url', 'https://hooks.example.com/base'],
      ),
    );
    const handler = files.get('telnyx-support.mjs') ?? '';
    const [, settings = ''] = /^const HOOKSWITCH_SETTINGS = (\{$[^]*?^\});$/m.exec(handler) ?? [];
    expect(JSON.parse(settings)).toEqual({
      HOOKSWITCH_START_URL: 'https://voice.example.com/v1/public/support/start',
      HOOKSWITCH_AGENT: 'support',
      HOOKSWITCH_START_API: 'hookswitch',
      HOOKSWITCH_NUMBERS: '+15551230000,+15551230001',
      HOOKSWITCH_WEBSOCKET_AUTH: 'none',
      HOOKSWITCH_FALLBACK: say,
      HOOKSWITCH_FALLBACK_PLAY: 'https://cdn.example.com/a.mp3',
      HOOKSWITCH_FALLBACK_DIAL: '+15551239999',
      HOOKSWITCH_FALLBACK_REDIRECT: 'https://a.example.com/b?c=d',
      HOOKSWITCH_CALLBACKS_URL: 'https://voice.example.com',
      PUBLIC_URL: 'https://hooks.example.com/base',
    });
  });

  test.each<[string, string[], string]>([
    ['a whole URL that names one', ['--start-url', 'https://gw.example.com/v1/public/sales/start'], 'sales'],
    ['Pipecat Cloud’s', ['--start-url', 'https://api.pipecat.daily.co/v1/public/my-agent/start'], 'my-agent'],
    ['a base and a name', ['--start-url', 'https://gw.example.com/', '--agent', 'sales'], 'sales'],
  ])('takes the agent from %s', (_, args, agent) => {
    const files = exported(['fetch', '--provider', 'plivo', ...args]);
    expect(files.get(`plivo-${agent}.mjs`)).toContain(
      `/v1/public/${agent}/start",\n  "HOOKSWITCH_AGENT": "${agent}"`,
    );
  });

  test('may be repeated, and writes over what differs only when forced', () => {
    const out = join(folder, 'again');
    const args = ['fetch', '--provider', 'twilio', ...support];
    const first = exported(args, out);
    expect(exported(args, out)).toEqual(first);
    writeFileSync(join(out, 'README.md'), 'mine');
    expect(() => exported([...args, '--say', 'x'], out)).toThrow(
      /twilio-support\.mjs, README\.md already, and different/,
    );
    expect(readFileSync(join(out, 'README.md'), 'utf8')).toBe('mine');
    expect(exported([...args, '--force'], out)).toEqual(first);
  });

  test.each<[string, string[], RegExp]>([
    [
      'raw bytes',
      ['twilio-function', '--provider', 'telnyx', ...support],
      /telnyx signs the bytes[^]*export lambda/,
    ],
    ['no webhook', ['fetch', '--provider', 'exotel', ...support], /exotel asks no webhook/],
    ['no agent', ['fetch', '--provider', 'twilio', ...startUrl], /names no agent: add --agent/],
    [
      'two agents',
      ['fetch', '--provider', 'twilio', '--agent', 'a', '--start-url', 'https://h/v1/public/b/start'],
      /--agent is "a", but --start-url starts "b"/,
    ],
    [
      'an agent that is a path',
      ['fetch', '--provider', 'twilio', ...startUrl, '--agent', '../x'],
      /--agent must be/,
    ],
    [
      'http',
      ['fetch', '--provider', 'twilio', '--agent', 'a', '--start-url', 'http://gw.example.com'],
      /--start-url must be an https/,
    ],
    [
      'a key in the URL',
      ['fetch', '--provider', 'twilio', '--agent', 'a', '--start-url', 'https://pk:x@h'],
      /--start-url must have no/,
    ],
    [
      'half a number',
      ['fetch', '--provider', 'twilio', ...support, '--dial', '12'],
      /--dial must be in E\.164/,
    ],
    [
      '3,001 characters',
      ['fetch', '--provider', 'twilio', ...support, '--say', 'x'.repeat(3001)],
      /--say must be at most 3000/,
    ],
  ])('refuses %s and writes nothing', (_, args, expected) => {
    const out = join(folder, 'refused');
    expect(() => exported(args, out)).toThrow(expected);
    expect(existsSync(out)).toBe(false);
  });
});

test('docs/functions.md has every setting of export and of the handler', () => {
  const read = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
  const page = read('docs/functions.md');
  for (const option of read('cli/export/settings.ts').matchAll(/(\w+): '(--[a-z-]+)'/g)) {
    expect(page).toMatch(new RegExp(`\\| \`${option[2]}\` +\\| \`${option[1]}\` `));
  }
  for (const [, name = ''] of read('shared/remote-settings.ts').matchAll(/'(HOOKSWITCH_\w+|PUBLIC_URL)'/g)) {
    expect(page).toContain(`\`${name}\``);
  }
});

test('hookswitch export, as shipped, says what it wrote and what comes next', async () => {
  const args = ['export', 'lambda', '--provider', 'plivo', ...support, '--out', 'here'];
  const { code, stdout, stderr } = await runCli(args, { cwd: folder });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^here\/plivo-support\.mjs +\d+ bytes$/m);
  expect(stdout).toContain('Next: the five steps in here/README.md');
});

test('hookswitch export, as shipped, exits with 2 where a platform cannot do it', async () => {
  const args = ['export', 'twilio-function', '--provider', 'telnyx', ...support, '--out', 'nowhere'];
  const { code, stderr } = await runCli(args, { cwd: folder });
  expect([code, stderr]).toEqual([2, expect.stringContaining('only parsed parameters')]);
});

test('hookswitch export --help teaches', async () => {
  const { code, stdout } = await runCli(['export', '--help']);
  expect([code, stdout]).toEqual([
    0,
    expect.stringContaining('$ hookswitch export lambda --provider telnyx'),
  ]);
});
