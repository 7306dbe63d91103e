import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { carrierTables } from './helpers/carrier-tables.ts';
import { allProviders } from '../gateway/carriers.ts';

const page = readFileSync(join(import.meta.dirname, '../docs/carriers.md'), 'utf8');
/** Cells of all tables; runs of spaces count as one, because tables are aligned. */
const lines = page
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map(cellsOf);

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** The row of a carrier, by the link to its page. */
const link = (name: string): string => `(../providers/${name}/README.md)`;

describe.each((await carrierTables()).map((table) => [table.head.slice(1).join(', '), table] as const))(
  'docs/carriers.md has the table of %s',
  (_, { head, rows }) => {
    test('with this head', () => {
      expect(lines).toContainEqual(head);
    });

    test.each([...rows])('and what the registry says of %s', (name, cells) => {
      expect(
        lines.filter(([first = '']) => first.endsWith(link(name))).map((row) => row.slice(1)),
      ).toContainEqual(cells);
    });
  },
);

test.each(allProviders)('docs/carriers.md says what $name was verified against', ({ name }) => {
  const [row = []] = lines.filter(
    ([first = '', against = '']) => first.endsWith(link(name)) && /SDK|documentation|nobody/.test(against),
  );
  expect(row).toHaveLength(3);
});
