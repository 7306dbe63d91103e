import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { GatewayError } from '../shared/errors.ts';
import { freePort, testBot } from './helpers/bot.ts';
import { carrierOf, ring } from './helpers/carriers.ts';
import { knock } from './helpers/client.ts';
import { closeObserved, metricsUrl, observedGateway, open, readSamples, scrape } from './helpers/scrape.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Dashboard {
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly definition?: string;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const { groups } = parse(read('deploy/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read('deploy/grafana/hookswitch.json')) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== 'row');

/** What Prometheus itself adds. */
const TARGET_LABELS = ['instance', 'job', 'le'];

/** Values of labels, by metric and label. */
type Known = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

function knownIn(page: string): Known {
  const known = new Map<string, Map<string, Set<string>>>();
  for (const sample of readSamples(page).keys()) {
    const [, name = '', labels = ''] = /^([a-z_0-9]+)(?:\{(.*)\})?$/.exec(sample) ?? [];
    const ofMetric = known.get(name) ?? new Map<string, Set<string>>();
    known.set(name, ofMetric);
    for (const [, label = '', value = ''] of labels.matchAll(/([a-z_]+)="([^"]*)"/g)) {
      ofMetric.set(label, (ofMetric.get(label) ?? new Set()).add(value));
    }
  }
  return known;
}

/** What an expression names and no gateway has: metrics, labels, and values of labels. */
function unknownIn(expr: string, known: Known): string[] {
  const selectors = [...expr.matchAll(/\b((?:hookswitch|process|nodejs)_[a-z0-9_]+)(?:\{([^}]*)\})?/g)];
  const metrics = selectors.map(([, name = '']) => known.get(name));
  const grouped = [...expr.matchAll(/\b(?:by|without|on)\s*\(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  );
  const hasLabel = (label: string): boolean =>
    TARGET_LABELS.includes(label) || metrics.some((metric) => metric?.has(label));
  return [
    ...selectors.flatMap(([, name = '', matchers = '']) =>
      unknownInSelector(name, matchers, known.get(name)),
    ),
    ...grouped.filter((label) => !hasLabel(label)).map((label) => `by (${label})`),
  ];
}

function unknownInSelector(
  name: string,
  matchers: string,
  labels: ReadonlyMap<string, ReadonlySet<string>> | undefined,
): string[] {
  if (!labels) return [name];
  return [...matchers.matchAll(/([a-z_]+)\s*(=~|!=|!~|=)\s*"([^"]*)"/g)].flatMap(
    ([, label = '', , value = '']) => {
      if (TARGET_LABELS.includes(label)) return [];
      const values = labels.get(label);
      if (!values) return [`${name}{${label}}`];
      const wanted = value.split('|').filter((one) => !one.startsWith('$'));
      return wanted.filter((one) => !values.has(one)).map((one) => `${name}{${label}="${one}"}`);
    },
  );
}

let known: Known;

/** A gateway in which everything has happened that a dashboard or an alert asks for. */
beforeAll(async () => {
  const bot = await testBot({ talk: (socket) => socket.send('hello') });
  const failures = [new Error('a bug'), new GatewayError('ERR_STORE_UNAVAILABLE', 'no store')];
  const gateway = await observedGateway({
    agents: {
      a: bot.url,
      few: `websocket_auth = "token"\nbots = ["${bot.url}"]\nscaling = { max_agents = 1 }`,
      down: `ws://127.0.0.1:${await freePort()}`,
    },
    store: (memory) => ({ ...memory, ping: () => Promise.reject(failures.pop()) }),
    drainTimeout: 0,
  });
  const carrier = carrierOf('twilio', { ...gateway.carriers, TWILIO_AUTH_TOKEN: 'd'.repeat(32) });
  const call = carrier.newCall('+15557380001', '+15557380000');
  await ring(carrier, call, `${gateway.http}/webhooks/twilio/a`);
  await ring(carrierOf('twilio', gateway.carriers), call, `${gateway.http}/webhooks/twilio/a`);
  await gateway.start('few');
  await gateway.post('few', '{}');
  const lost = await gateway.start('down');
  await knock(`${lost.wsUrl}/${lost.token}`);
  const used = await gateway.start('a');
  await knock(`${used.wsUrl}/${used.token}`);
  await knock(`${used.wsUrl}/${used.token}`);
  for (let count = 0; count < 2; count += 1) await fetch(`${gateway.http}/readyz`);
  const opened = bot.next();
  const caller = await open(gateway);
  (await opened).terminate();
  await caller.closed;
  await vi.waitUntil(async () => {
    known = knownIn(await scrape(metricsUrl(gateway)));
    return known.get('hookswitch_calls_ended_total')?.get('status')?.has('BOT_LOST');
  });
  await bot.close();
}, 30_000);
afterAll(closeObserved);

describe('deploy/prometheus/alerts.yml', () => {
  test.each(rules.map((rule) => [rule.alert, rule] as const))('%s asks for what gateways have', (_, rule) => {
    expect(unknownIn(rule.expr, known)).toEqual([]);
  });

  test.each(rules.map((rule) => [rule.alert, rule] as const))(
    '%s says how bad it is, and what to do',
    (_, rule) => {
      expect(rule.for).toMatch(/^\d+[sm]$/);
      expect(rule.labels['severity']).toMatch(/^(warning|critical)$/);
      expect(rule.annotations['summary']?.length).toBeGreaterThan(10);
      expect(rule.annotations['runbook']?.length).toBeGreaterThan(40);
    },
  );

  test('each alert is tried, and has a row in docs/observability.md', () => {
    const tried = read('test/deploy-metrics/alerts.yml');
    const docs = read('docs/observability.md');
    for (const { alert } of rules) {
      expect(tried).toContain(`alertname="${alert}"`);
      expect(docs).toContain(`\`${alert}\``);
    }
  });
});

describe('deploy/grafana/hookswitch.json', () => {
  const targets = panels.flatMap(({ title, targets: all = [] }) =>
    all.map((target) => [title, target] as const),
  );

  test.each(targets)('%s asks for what gateways have', (_, { expr, legendFormat }) => {
    expect(unknownIn(expr, known)).toEqual([]);
    const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
    expect(shown.filter((label) => label !== 'instance' && !expr.includes(label))).toEqual([]);
  });

  test('its variables ask for what gateways have, and every panel uses them', () => {
    const { list } = dashboard.templating;
    expect(list.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      'datasource: datasource',
      'instance: query',
      'agent: query',
    ]);
    const asked = list.flatMap(({ definition = '' }) => [
      ...definition.matchAll(/^label_values\((\w+), (\w+)\)$/g),
    ]);
    expect(asked).toHaveLength(2);
    const expressions = asked.map(([, metric, label]) => `sum by (${label}) (${metric})`);
    expect(expressions.flatMap((expr) => unknownIn(expr, known))).toEqual([]);
    for (const panel of panels) {
      expect([panel.title, panel.datasource?.uid]).toEqual([panel.title, '${datasource}']);
      for (const { expr } of panel.targets ?? []) expect(expr).toContain('instance=~"$instance"');
    }
  });

  test('has panels that do not overlap, each with an id of its own', () => {
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(38);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });

  test.each([
    'live_sessions',
    'starts_total',
    'upgrades_total',
    'dial_duration',
    'first_bot_message',
    'relay_bytes',
  ])('shows hookswitch_%s', (name) => {
    expect(targets.some(([, { expr }]) => expr.includes(`hookswitch_${name}`))).toBe(true);
  });
});

test.each([
  ['sum(hookswitch_live_calls)', ['hookswitch_live_calls']],
  ['sum by (agnt) (hookswitch_live_sessions)', ['by (agnt)']],
  ['rate(hookswitch_starts_total{outcome="started"}[1m])', ['hookswitch_starts_total{outcome}']],
  ['rate(hookswitch_starts_total{result="capacity"}[1m])', ['hookswitch_starts_total{result="capacity"}']],
  [
    'rate(hookswitch_upgrades_total{result=~"opened|oppened"}[1m])',
    ['hookswitch_upgrades_total{result="oppened"}'],
  ],
  ['histogram_quantile(0.9, hookswitch_dial_seconds_bucket)', ['hookswitch_dial_seconds_bucket']],
  ['process_open_fds / process_maximum_fds', ['process_maximum_fds']],
])('a wrong name is found in %s', (expr, wrong) => {
  expect(unknownIn(expr, known)).toEqual(wrong);
});

test('docs/observability.md has one row for each metric of ours', () => {
  const docs = read('docs/observability.md');
  const names = new Set([...known.keys()].map((name) => name.replace(/_(bucket|sum|count)$/, '')));
  const ours = [...names].filter((name) => name.startsWith('hookswitch_'));
  expect(ours.length).toBeGreaterThan(15);
  expect(ours.filter((name) => !docs.includes(`| \`${name}\``))).toEqual([]);
  const told = [...docs.matchAll(/^\| `(hookswitch_\w+)`/gm)].map(([, name = '']) => name);
  expect(told.filter((name) => !names.has(name))).toEqual([]);
});

const PROMTOOL = process.env['PROMTOOL'] ?? 'promtool';
const hasPromtool = spawnSync(PROMTOOL, ['--version']).status === 0;

describe.skipIf(!hasPromtool)(
  'promtool (Debian: apt install prometheus; skipped where it is not installed)',
  () => {
    test.each([
      ['check', 'rules', 'deploy/prometheus/alerts.yml'],
      ['check', 'config', 'deploy/prometheus/prometheus.yml'],
      ['test', 'rules', 'test/deploy-metrics/alerts.yml'],
    ])('%s %s %s', (...args) => {
      expect(execFileSync(PROMTOOL, args, { cwd: root, encoding: 'utf8' })).toContain('SUCCESS');
    });

    test('takes a real scrape', async () => {
      const bot = await testBot();
      const gateway = await observedGateway({ agents: { a: bot.url } });
      const page = await scrape(metricsUrl(gateway));
      const { status, stdout, stderr } = spawnSync(PROMTOOL, ['check', 'metrics'], {
        input: page,
        encoding: 'utf8',
      });
      const ours = `${stdout}${stderr}`.split('\n').filter((line) => line.startsWith('hookswitch_'));
      expect([status === null, ours]).toEqual([false, []]);
      await bot.close();
    });
  },
);
