import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';

interface Rule {
  readonly from: RegExp;
  /** Files it may import. `$1` stands for the first group of `from`. */
  readonly to: string;
  /** Packages it may import, by their first segment. */
  readonly packages: readonly string[] | 'any';
}

/** Files of a carrier's room that a dialect of it may import: never its account, its clients or its module. */
const DIALECT = '(?:answer|call|carrier|document|extra-headers|signature|status|stream)\\.ts$';

/** Who may import whom. The first row that matches a file rules it. */
const rules: Rule[] = [
  { from: /^shared\//, to: '^shared/', packages: [] },
  { from: /^providers\/index\.ts$/, to: '^providers/[^/]+/index\\.ts$', packages: [] },
  { from: /^providers\/xml\.ts$/, to: '^shared/', packages: ['xmlbuilder2'] },
  { from: /^providers\/(?:xml-small|callbacks)\.ts$/, to: '^shared/', packages: [] },
  { from: /^providers\/documents\.ts$/, to: '^(shared/|providers/xml\\.ts$)', packages: [] },
  // A dialect: its carrier took over another one's language, and its room takes the files that are about that language.
  {
    from: /^providers\/signalwire\//,
    to: `^(shared/|providers/signalwire/|providers/twilio/${DIALECT}|providers/(?:documents|callbacks)\\.ts$)`,
    packages: [],
  },
  {
    from: /^providers\/vobiz\//,
    to: `^(shared/|providers/vobiz/|providers/plivo/${DIALECT}|providers/(?:documents|callbacks)\\.ts$)`,
    packages: [],
  },
  // A provider's room has its own carrier's SDK, and no other package.
  {
    from: /^providers\/([^/]+)\//,
    to: '^(shared/|providers/$1/|providers/(?:documents|callbacks)\\.ts$)',
    packages: ['$1'],
  },
  { from: /^gateway\//, to: '^(shared/|gateway/|providers/index\\.ts$)', packages: 'any' },
  // For people who write bots: nothing of the gateway, and no more packages than these.
  {
    from: /^transports\//,
    to: '^(shared/|transports/|providers/index\\.ts$)',
    packages: ['ws', '@bufbuild', '@alexanderolsen'],
  },
  { from: /^examples\//, to: '^transports/index\\.ts$', packages: 'any' },
  // Simulator and demo bot see the gateway from outside, over the wire.
  { from: /^simulator\//, to: '^(shared/|simulator/|providers/index\\.ts$)', packages: 'any' },
  { from: /^demo\//, to: '^(shared/|demo/|transports/|providers/index\\.ts$)', packages: 'any' },
  { from: /^cli\//, to: '^(shared|gateway|simulator|demo|cli|providers/index\\.ts$)', packages: 'any' },
  // What measures the gateway runs it as anybody would.
  { from: /^bench\//, to: '^(bench/|simulator/|providers/index\\.ts$)', packages: 'any' },
  { from: /^test\//, to: '.', packages: 'any' },
];

/** Import specifiers of a source text that the rules forbid to a file of that name. */
function forbidden(file: string, source: string): string[] {
  const rule = rules.find(({ from }) => from.test(file));
  if (!rule) return [`no rule for ${file}`];
  const room = rule.from.exec(file)?.[1] ?? '';
  const allowed = new RegExp(rule.to.replace('$1', room));
  const imports = /(?:^(?:import|export)\s[^;'"()=]*\bfrom\s*|^import\s*|\bimport\s*\(\s*)'([^']+)'/gm;
  const specifiers = [...source.matchAll(imports)].map(([, found = '']) => found);
  return specifiers.filter((specifier) => {
    if (specifier.startsWith('node:')) return false;
    if (!specifier.startsWith('.')) {
      const [name = ''] = specifier.split('/');
      return (
        rule.packages !== 'any' && !rule.packages.map((known) => known.replace('$1', room)).includes(name)
      );
    }
    return !allowed.test(join(dirname(file), specifier).split(sep).join('/'));
  });
}

const root = join(import.meta.dirname, '..');
const files = [
  'shared',
  'providers',
  'gateway',
  'simulator',
  'demo',
  'cli',
  'bench',
  'transports',
  'examples',
  'test',
].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name))),
);

test.each(files)('%s imports only what it may', (file) => {
  expect(forbidden(file, readFileSync(join(root, file), 'utf8'))).toEqual([]);
});

test.each([
  ['shared/x.ts', "import { twilio } from '../providers/index.ts'"],
  ['shared/x.ts', "import express from 'express'"],
  ['providers/plivo/x.ts', "import { connect } from '../twilio/answer.ts'"],
  ['providers/plivo/x.ts', "await import('ws')"],
  ['gateway/x.ts', "import { stream } from '../providers/twilio/stream.ts'"],
  ['providers/plivo/x.ts', "import twilio from 'twilio'"],
  ['providers/index.ts', "import { verify } from './twilio/signature.ts'"],
  ['providers/signalwire/x.ts', "import { readSettings } from '../twilio/settings.ts'"],
  ['providers/signalwire/x.ts', "import { twilio } from '../twilio/index.ts'"],
  ['providers/signalwire/x.ts', "import { stream } from '../plivo/stream.ts'"],
  ['providers/vobiz/x.ts', "import { stream } from '../twilio/stream.ts'"],
  ['providers/twilio/x.ts', "import { connect } from '../signalwire/answer.ts'"],
  ['providers/signalwire/x.ts', "import twilio from 'twilio'"],
  ['simulator/x.ts', "import { relay } from '../gateway/relay/relay.ts'"],
  ['demo/x.ts', "import { relay } from '../gateway/relay/relay.ts'"],
  ['transports/x.ts', "import { relay } from '../gateway/relay/relay.ts'"],
  ['transports/x.ts', "import express from 'express'"],
  ['gateway/x.ts', "import { dial } from '../transports/dial.ts'"],
  ['simulator/x.ts', "import { dial } from '../transports/dial.ts'"],
  ['examples/x.ts', "import { dial } from '../transports/dial.ts'"],
  ['bench/x.ts', "import { relay } from '../gateway/relay/relay.ts'"],
  ['cli/x.ts', "import { stream } from '../providers/twilio/stream.ts'"],
])('the rules see a planted fault in %s: %s', (file, source) => {
  expect(forbidden(file, source)).toHaveLength(1);
});
