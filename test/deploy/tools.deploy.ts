import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { caddy, caddyEnv } from './caddy.ts';
import { readText } from './files.ts';
import { run } from './run.ts';

// The real tools judge the files, and each is shown a fault that it must find.
const folder = mkdtempSync(join(tmpdir(), 'hookswitch-tools-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of a file with one text replaced. */
function faulty(path: string, from: string, to: string): string {
  const text = readText(path);
  expect(text).toContain(from);
  const copy = join(folder, `faulty-${path.replaceAll('/', '-')}`);
  writeFileSync(copy, text.replace(from, to));
  return copy;
}

describe('docker-compose', () => {
  const filled = readText('.env.example').replace(/^(\w+)=$/gm, '$1=set');
  const envFile = join(folder, 'filled.env');
  writeFileSync(envFile, filled);
  const config = (file: string, env: string): ReturnType<typeof run> =>
    run('docker-compose', ['--project-directory', '.', '--env-file', env, '-f', file, 'config']);

  test('accepts docker-compose.yml', () => {
    const { code, text } = config('docker-compose.yml', envFile);
    expect([code, text]).toEqual([
      0,
      expect.stringContaining('REDIS_URL: redis://hookswitch:set@redis:6379/0'),
    ]);
  });

  test.each(['PUBLIC_URL', 'ACME_EMAIL', 'HOOKSWITCH_SECRETS', 'HOOKSWITCH_PUBLIC_KEYS', 'REDIS_PASSWORD'])(
    'refuses to go on without %s',
    (name) => {
      const without = join(folder, 'without.env');
      writeFileSync(without, filled.replace(`${name}=set`, `${name}=`));
      const { code, text } = config('docker-compose.yml', without);
      expect([code, text]).toEqual([1, expect.stringContaining(name)]);
    },
  );

  test('finds a misspelled key', () => {
    const { code, text } = config(
      faulty('docker-compose.yml', 'pids_limit: 256', 'pids_limits: 256'),
      envFile,
    );
    expect([code, text]).toEqual([1, expect.stringContaining('pids_limits')]);
  });
});

describe('caddy', () => {
  const validate = (file: string, env: Record<string, string> = {}): ReturnType<typeof run> =>
    run(caddy, ['validate', '--adapter', 'caddyfile', '--config', file], {
      ...caddyEnv(folder),
      ...env,
    });

  test.each([
    ['with a certificate by ACME', { PUBLIC_URL: 'https://voice.example.com', CADDY_TLS: '' }],
    ['with its own authority', { PUBLIC_URL: 'https://localhost:8443', CADDY_TLS: 'tls internal' }],
  ])('accepts the Caddyfile %s', (_, env) => {
    const { code, text } = validate('deploy/caddy/Caddyfile', env);
    expect([code, text]).toEqual([0, expect.stringContaining('Valid configuration')]);
  });

  test('finds a misspelled directive', () => {
    const { code, text } = validate(faulty('deploy/caddy/Caddyfile', 'lb_policy', 'lb_polycy'));
    expect([code, text]).toEqual([1, expect.stringContaining('lb_polycy')]);
  });
});

describe('kubernetes-validate', () => {
  const validate = (...files: readonly string[]): ReturnType<typeof run> =>
    run('kubernetes-validate', ['--strict', ...files]);
  const manifests = [
    'namespace',
    'gateway',
    'scaling',
    'bots',
    'network-policy',
    'ingress',
    'secret.example',
  ];

  test.each([...manifests.map((name) => `deploy/kubernetes/${name}.yaml`), 'deploy/redis/statefulset.yaml'])(
    'accepts %s',
    (file) => {
      const { code, text } = validate(file);
      expect([code, text]).toEqual([0, expect.stringContaining('passed')]);
    },
  );

  test.each([
    ['gateway', 'terminationGracePeriodSeconds', 'terminationGracePeriodSecond'],
    ['gateway', 'failureThreshold: 60', 'failureTreshold: 60'],
    ['scaling', 'averageValue', 'avarageValue'],
    ['network-policy', 'podSelector: {}', 'podSelectors: {}'],
    ['gateway', 'periodSeconds: 1', "periodSeconds: 'one'"],
  ])('finds a fault in %s: %s becomes %s', (name, from, to) => {
    const { code, text } = validate(faulty(`deploy/kubernetes/${name}.yaml`, from, to));
    expect([code, text]).toEqual([1, expect.stringContaining('did not validate')]);
  });
});

describe('start.sh', () => {
  test.each([
    ['', 'letters and digits'],
    ['REPLACE with openssl rand -hex 32', 'letters and digits'],
    ['0123456789abcdef0123456789abcde', '32 characters'],
  ])('starts no Redis with the password "%s"', (password, expected) => {
    const { code, text } = run('sh', ['deploy/redis/start.sh'], { REDIS_PASSWORD: password });
    expect([code, text]).toEqual([2, expect.stringContaining(expected)]);
  });
});
