import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allProviders } from '../gateway/carriers.ts';
import { readConfig, type Config } from '../gateway/config/config.ts';
import type { Env } from '../shared/env.ts';
import { longestDrain, readText, readYaml, root } from './deploy/files.ts';
import { moduleOf } from './helpers/carriers.ts';

const goodEnv = {
  HOOKSWITCH_SECRETS: `k1:${Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64url')}`,
  HOOKSWITCH_PUBLIC_KEYS: `pk_${'0a1b2c3d'.repeat(8)}`,
  REDIS_URL: `redis://hookswitch:${'0a1b2c3d'.repeat(8)}@redis:6379/0`,
  ...moduleOf('twilio').inventCredentials(),
};

function start(toml: string, env: Env): Config {
  const invent = (): never => {
    throw new Error('nothing may be made up');
  };
  return readConfig({ toml: readText(toml), env, modules: allProviders, invent });
}

describe('docker-compose.yml', () => {
  interface Service {
    readonly ports?: readonly string[];
    readonly networks: readonly string[] | Readonly<Record<string, unknown>>;
    readonly environment?: Readonly<Record<string, string>>;
    readonly stop_grace_period?: string;
  }
  interface Compose {
    readonly services: Readonly<Record<string, Service>>;
    readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  }
  const [compose] = readYaml<Compose>('docker-compose.yml');
  if (!compose) throw new Error('docker-compose.yml is empty');
  const services = Object.entries(compose.services);
  const within = (network: string): string[] =>
    services
      .filter(([, { networks }]) =>
        (Array.isArray(networks) ? networks : Object.keys(networks)).includes(network),
      )
      .map(([name]) => name);

  test.each(services)('%s may do little, takes little, and is looked after', (_, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      restart: 'unless-stopped',
      mem_limit: expect.stringMatching(/^\d+[mg]$/),
      cpus: expect.any(Number),
      pids_limit: expect.any(Number),
      logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } },
    });
  });

  test('only Caddy is published, and only gateways are with Redis, which reaches nothing else', () => {
    expect(services.filter(([, { ports }]) => ports).map(([name]) => name)).toEqual(['caddy']);
    expect(within('store')).toEqual(['gateway-1', 'gateway-2', 'redis']);
    expect(compose.networks['store']).toEqual({ internal: true });
    expect(within('edge')).toEqual(['caddy', 'gateway-1', 'gateway-2']);
    expect(within('bots')).toEqual(['gateway-1', 'gateway-2', 'bot']);
  });

  test('gateways are stopped later than their last call ends', () => {
    const grace = Number.parseInt(compose.services['gateway-1']?.stop_grace_period ?? '', 10);
    expect(grace).toBeGreaterThan(longestDrain('deploy/hookswitch.toml'));
  });

  test('reads what .env.example names, and nothing there has a value', () => {
    const read = [...readText('docker-compose.yml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
    const lines = readText('.env.example')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines.every((line) => /^\w+=$/.test(line))).toBe(true);
    expect(new Set(lines.map((line) => line.slice(0, -1)))).toEqual(new Set(read));
  });

  test('its gateways start with deploy/hookswitch.toml', () => {
    const config = start('deploy/hookswitch.toml', { ...goodEnv, PUBLIC_URL: 'https://voice.example.com' });
    expect(config).toMatchObject({ host: '0.0.0.0', port: 7860, warnings: [] });
  });
});

describe('deploy/kubernetes', () => {
  interface Pod {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: {
      readonly terminationGracePeriodSeconds?: number;
      readonly containers: readonly {
        readonly name: string;
        readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
        readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
      }[];
    };
  }
  interface Manifest {
    readonly kind: string;
    readonly metadata: { readonly name: string };
    readonly spec: Readonly<Record<string, unknown>> & { readonly template: Pod };
    readonly stringData: Readonly<Record<string, string>>;
  }
  const manifests = [...kustomized('deploy/kubernetes'), 'deploy/kubernetes/secret.example.yaml'].flatMap(
    (path) => readYaml<Manifest>(path),
  );
  const of = (kind: string): Manifest[] => manifests.filter((manifest) => manifest.kind === kind);
  const workloads = [...of('Deployment'), ...of('StatefulSet')];
  const gateway = workloads.find(({ metadata }) => metadata.name === 'gateway')?.spec.template.spec;
  const port = (name: string): number | undefined =>
    gateway?.containers[0]?.ports.find((entry) => entry.name === name)?.containerPort;

  test('every manifest is applied, but the examples', () => {
    const applied = new Set([...kustomized('deploy/kubernetes'), 'deploy/kubernetes/kustomization.yaml']);
    const all = readdirSync(join(root, 'deploy/kubernetes')).filter((name) => name.endsWith('.yaml'));
    expect(all.filter((name) => !applied.has(`deploy/kubernetes/${name}`))).toEqual([
      'prometheus-adapter.yaml',
      'secret.example.yaml',
    ]);
  });

  test.each(workloads.map((workload) => [workload.metadata.name, workload] as const))(
    'the pods of %s may do what the restricted standard allows, write nowhere, and have limits',
    (_, { spec }) => {
      const restricted = {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      };
      const resources = {
        requests: { cpu: expect.any(String), memory: expect.any(String) },
        limits: { memory: expect.any(String) },
      };
      expect(spec['selector']).toEqual({ matchLabels: { 'app.kubernetes.io/name': expect.any(String) } });
      expect(spec.template.metadata.labels).toMatchObject(
        (spec['selector'] as { matchLabels: object }).matchLabels,
      );
      expect(spec.template.spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [{ securityContext: restricted, resources, readinessProbe: expect.anything() }],
      });
    },
  );

  test.each(of('Service').map((service) => [service.metadata.name, service] as const))(
    'the Service %s leads to pods and a port that exist',
    (_, { spec }) => {
      const target = workloads.find(
        ({ spec: { template } }) =>
          JSON.stringify(spec['selector']) ===
          JSON.stringify({ 'app.kubernetes.io/name': template.metadata.labels['app.kubernetes.io/name'] }),
      );
      const [{ targetPort } = { targetPort: '' }] = spec['ports'] as { targetPort: string }[];
      const names = target?.spec.template.spec.containers.flatMap(({ ports }) =>
        ports.map(({ name }) => name),
      );
      expect(names).toContain(targetPort);
    },
  );

  test('gateways are killed later than their last call ends', () => {
    const wait = gateway?.containers[0]?.lifecycle?.preStop.sleep.seconds ?? 0;
    expect(wait).toBeGreaterThanOrEqual(5);
    expect(gateway?.terminationGracePeriodSeconds).toBeGreaterThan(
      wait + longestDrain('deploy/kubernetes/hookswitch.toml'),
    );
  });

  test('a rollout takes no gateway away before its successor is ready', () => {
    const strategy = of('Deployment').find(({ metadata }) => metadata.name === 'gateway')?.spec['strategy'];
    expect(strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
  });

  test('gateways start with its hookswitch.toml, on the ports that are open to others', () => {
    const config = start('deploy/kubernetes/hookswitch.toml', goodEnv);
    expect(config).toMatchObject({ host: '0.0.0.0', port: port('http'), warnings: [] });
    expect(config.metrics).toEqual({ host: '0.0.0.0', port: port('metrics') });
    const open = of('NetworkPolicy').find(({ metadata }) => metadata.name === 'gateway')?.spec['ingress'];
    expect((open as { ports: { port: number }[] }[]).map(({ ports }) => ports[0]?.port)).toEqual([
      port('http'),
      port('metrics'),
    ]);
  });

  test('the replicas follow a metric that there is', () => {
    const { name = '' } =
      /metric: \{ name: (?<name>\w+) \}/.exec(readText('deploy/kubernetes/scaling.yaml'))?.groups ?? {};
    const source = readdirSync(join(root, 'gateway/observe'))
      .map((file) => readText(`gateway/observe/${file}`))
      .join('');
    expect(source).toContain(`'${name}'`);
    expect(readText('deploy/kubernetes/prometheus-adapter.yaml')).toContain(`${name}{`);
  });

  test('no gateway starts with the values of secret.example.yaml', () => {
    const [secret] = of('Secret');
    const values = secret?.stringData ?? {};
    for (const name of ['HOOKSWITCH_SECRETS', 'HOOKSWITCH_PUBLIC_KEYS', 'REDIS_URL']) {
      const env = { ...goodEnv, [name]: values[name] };
      expect(() => start('deploy/kubernetes/hookswitch.toml', env)).toThrow(name);
    }
  });
});

/** Files that a kustomization applies, those of its bases included. */
function kustomized(folder: string): string[] {
  const [file] = readYaml<{ readonly resources: readonly string[] }>(`${folder}/kustomization.yaml`);
  return (file?.resources ?? []).flatMap((name) =>
    name.endsWith('.yaml') ? join(folder, name) : kustomized(join(folder, name)),
  );
}

test('the image is built from what the build reads, and nothing else', () => {
  const lines = readText('.dockerignore').split('\n');
  const folders = /const folders = (\[[^\]]*\])/.exec(readText('scripts/build.mjs'))?.[1] ?? '';
  expect(lines[lines.findIndex((line) => !line.startsWith('#'))]).toBe('*');
  expect(lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))).toEqual([
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/build.mjs',
    'scripts/functions.mjs',
    'LICENSE',
    ...(JSON.parse(folders.replaceAll("'", '"')) as string[]),
  ]);
});
