import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allProviders } from '../gateway/carriers.ts';
import { readConfig, type Config } from '../gateway/config/config.ts';
import { httpErrors } from '../gateway/refusals.ts';
import { defaultLimits } from '../gateway/limits.ts';
import { limitsTable } from '../gateway/config/limits-table.ts';
import { carrierNames, moduleOf } from './helpers/carriers.ts';

const root = join(import.meta.dirname, '..');
/** Runs of spaces count as one: tables are aligned. */
const read = (path: string): string => readFileSync(join(root, path), 'utf8').replace(/ +/g, ' ');
const errors = read('docs/errors.md');
const readme = read('README.md');

function nothing(): never {
  throw new Error('nothing may be made up');
}

/** Markdown of the project, by path. */
const pages = ['.', 'docs', 'docs/decisions', ...allProviders.map(({ name }) => `providers/${name}`)].flatMap(
  (folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
);

describe('docs/errors.md', () => {
  const codes = [...read('shared/errors.ts').matchAll(/\| '(ERR_\w+)'/g)].map(([, code = '']) => code);

  test.each(codes)('has one row for %s', (code) => {
    expect(errors.match(new RegExp(`^\\| \`${code}\``, 'gm'))).toHaveLength(1);
  });

  test.each(Object.entries(httpErrors))('says of %s what is answered', (reason, row) => {
    expect(errors).toContain(`| \`${reason}\` | ${row?.[0]} | \`${row?.[1]}\` |`);
  });
});

describe('README.md', () => {
  test.each(Object.entries(limitsTable(defaultLimits)))(
    'names the limit %s and its default',
    (name, value) => {
      const mib = value / (1024 * 1024);
      const written = name.endsWith('_bytes')
        ? `${mib} MiB`
        : /(timeout|interval)$/.test(name)
          ? `${value} s`
          : value;
      expect(readme).toContain(`\`${name}\` ${written}`);
    },
  );

  test.each(carrierNames)('names the webhook and the variables of %s', (name) => {
    expect(readme).toContain(`/webhooks/${name}`);
    for (const variable of moduleOf(name).variables) expect(readme).toContain(variable);
  });

  test('shows a configuration that a gateway would start with', () => {
    const toml = /```toml\n([^]*?)```/.exec(readme)?.[1] ?? '';
    const env = {
      HOOKSWITCH_SECRETS: `k1:${randomBytes(32).toString('base64url')}`,
      HOOKSWITCH_PUBLIC_KEYS: `pk_${randomBytes(32).toString('hex')}`,
      ...moduleOf('twilio').inventCredentials(),
    };
    const start = (): Config => readConfig({ toml, env, modules: allProviders, invent: nothing });
    expect(start()).toMatchObject({ host: '0.0.0.0', port: 8080, warnings: [] });
  });

  test('names only scripts that exist', () => {
    const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);
    const named = [...readme.matchAll(/npm run (\w+)/g)].map(([, script]) => script);
    expect(scripts).toEqual(expect.arrayContaining(named));
  });
});

test.each(pages)('%s links to what exists', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
  for (const link of links) expect(() => readdirSync(dirname(join(root, dirname(page), link)))).not.toThrow();
  const missing = links.filter((link) => {
    const path = join(root, dirname(page), link).replace(/\/$/, '');
    return !readdirSync(dirname(path)).includes(path.slice(dirname(path).length + 1));
  });
  expect(missing).toEqual([]);
});
