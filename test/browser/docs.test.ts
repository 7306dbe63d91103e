import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = read('docs/browser-clients.md').replace(/\s+/g, ' ');

test('docs/browser-clients.md shows the call that is tested in a browser', () => {
  expect(read('docs/browser-clients.md')).toContain(`\`\`\`ts\n${read('test/browser/page/call.ts')}\`\`\``);
});

test.each(['@pipecat-ai/client-js', '@pipecat-ai/websocket-transport'])(
  'docs/browser-clients.md names the version of %s that is tested',
  (name) => {
    const { devDependencies } = JSON.parse(read('package.json')) as {
      devDependencies: Record<string, string>;
    };
    expect(page).toContain(`\`${name}\` ${devDependencies[name]}`);
  },
);
