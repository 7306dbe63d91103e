import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
let folder: string;

/** What `npm pack` would ship, unpacked where a stranger's `npm install` would put it; its packages are those of this checkout. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookswitch-package-'));
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' })) as {
    filename: string;
  }[];
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'hookswitch'), { recursive: true });
  const tarball = join(folder, packed?.filename ?? '');
  execFileSync('tar', ['-xzf', tarball, '-C', join(modules, 'hookswitch'), '--strip-components=1']);
  symlinkSync(join(root, 'node_modules'), join(modules, 'hookswitch', 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

test('ships what it runs with, and no tests', () => {
  const shipped = execFileSync(
    'find',
    [
      join(folder, 'node_modules/hookswitch'),
      '-type',
      'f',
      '-not',
      '-path',
      '*/node_modules/*/node_modules/*',
    ],
    { encoding: 'utf8' },
  );
  for (const path of [
    'dist/cli/main.js',
    'dist/simulator/recordings/twilio.jsonl',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
  ]) {
    expect(shipped).toContain(path);
  }
  expect(shipped).not.toMatch(/\.test\.|\/fixtures\/|hookswitch\/test\//);
});

test.each([
  ['hookswitch/providers', ['plivo', 'telnyx', 'twilio']],
  ['hookswitch/gateway', ['memoryStore', 'readConfig', 'startGateway']],
  ['hookswitch/simulator', ['placeCall', 'printReport', 'sourceOfWav']],
  [
    'hookswitch/transports',
    ['ProtobufFrameSerializer', 'TelephonyFrameSerializer', 'WebsocketServerTransport'],
  ],
  ['hookswitch/shared', ['GatewayError', 'remoteVoiceWebhook', 'toFetch', 'verifyDial', 'voiceWebhook']],
])('%s is an entry point', (name, expected) => {
  const script = `console.log(JSON.stringify(Object.keys(await import('${name}'))))`;
  const names = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: folder, encoding: 'utf8' }),
  ) as string[];
  expect(names).toEqual(expect.arrayContaining(expected));
});

test('its types resolve for a strict program', () => {
  writeFileSync(
    join(folder, 'bot.ts'),
    `import { twilio } from 'hookswitch/providers';
     import { voiceWebhook, type Provider } from 'hookswitch/shared';
     import { startGateway, type Gateway } from 'hookswitch/gateway';
     import { placeCall, type CallReport } from 'hookswitch/simulator';
     export const provider: Provider | null = twilio.configure({});
     export const used: unknown[] = [voiceWebhook, startGateway, placeCall];
     export type Used = Gateway | CallReport;
     // @ts-expect-error a name is a string
     export const wrong: number = twilio.name;\n`,
  );
  const options = {
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    target: 'es2023',
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['bot.ts'] }),
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  let output = '';
  try {
    execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  // Declarations of other packages may have mistakes of their own; ours and the program's may not.
  expect(output.split('\n').filter((line) => /^(bot\.ts|node_modules\/hookswitch\/dist)/.test(line))).toEqual(
    [],
  );
});

test('its command runs from where it was installed', () => {
  const main = join(folder, 'node_modules/hookswitch/dist/cli/main.js');
  expect(readFileSync(main, 'utf8')).toMatch(/^#!\/usr\/bin\/env node/);
  expect(execFileSync(process.execPath, [main, '--help'], { cwd: folder, encoding: 'utf8' })).toContain(
    'serve',
  );
});
