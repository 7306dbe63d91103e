import { expect, test } from 'vitest';
import { jsonIn } from '../shared/json-text.ts';
import { keyOf, lookUp } from '../shared/table.ts';

const table = { PCMU: 'mulaw', PCMA: 'alaw', G711U: 'mulaw' } as const;

test('a table has what was put into it, and nothing that objects have from birth', () => {
  expect(lookUp(table, 'PCMA')).toBe('alaw');
  for (const key of ['', 'OPUS', 'constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    expect(lookUp<unknown>(table, key)).toBeUndefined();
  }
});

test('a value leads back to its first key', () => {
  expect(keyOf(table, 'mulaw')).toBe('PCMU');
  expect(keyOf(table, 'l16')).toBeUndefined();
});

test.each([
  ['{"a":1}', { a: 1 }],
  ['"a"', 'a'],
  ['null', null],
  ['', null],
  ['{"a":', null],
  ['undefined', null],
])('%s is %j as JSON', (text, value) => {
  expect(jsonIn(text)).toEqual(value);
});
