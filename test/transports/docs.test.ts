import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  DEFAULT_CLOSE_TIMEOUT,
  DEFAULT_MAX_BUFFERED,
  DEFAULT_MAX_MESSAGE,
  DEFAULT_PING_INTERVAL,
} from '../../transports/params.ts';
import { DEFAULT_MAX_SESSIONS } from '../../transports/server-transport.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
/** Runs of spaces count as one: tables are aligned. */
const page = read('docs/writing-a-bot.md').replace(/ +/g, ' ');

describe('docs/writing-a-bot.md', () => {
  test('shows examples/echo-bot.ts as it is, in 30 lines at most', () => {
    const code = read('examples/echo-bot.ts')
      .replace(/^\/\/.*\n/gm, '')
      .replace('../transports/index.ts', 'hookswitch/transports');
    expect(code.split('\n').length).toBeLessThanOrEqual(30);
    expect(page).toContain(`\`\`\`ts\n${code.replace(/ +/g, ' ')}\`\`\``);
  });

  test.each([
    ['maxMessageBytes', `${DEFAULT_MAX_MESSAGE / 1024 ** 2} MiB`],
    ['maxBufferedBytes', `${DEFAULT_MAX_BUFFERED / 1024 ** 2} MiB`],
    ['pingInterval', `${DEFAULT_PING_INTERVAL} s`],
    ['closeTimeout', `${DEFAULT_CLOSE_TIMEOUT} s`],
    ['maxSessions', `${DEFAULT_MAX_SESSIONS}`],
  ])('names the default of %s', (name, value) => {
    expect(page).toContain(`| \`${name}\` | ${value} |`);
  });

  test('names every kind of frame, param and event', () => {
    const frames = [...read('transports/frames.ts').matchAll(/readonly type: '([\w-]+)'/g)].map(
      ([, type]) => type,
    );
    const source = ['params', 'server-transport', 'client-transport']
      .map((file) => read(`transports/${file}.ts`))
      .join('');
    const options = [...source.matchAll(/^ {2}readonly (\w+)\??: /gm)].map(([, name]) => name);
    expect(frames.length).toBeGreaterThan(10);
    expect(options.length).toBeGreaterThan(15);
    expect([...frames, ...options].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
