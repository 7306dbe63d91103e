import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isJson, membersOf } from '../../shared/json-text.ts';
import { blank, jsonObject } from './json-texts.ts';

const RUNS = { numRuns: 2000 };

describe('the members of a JSON object', () => {
  test('are the very text that stands there, and parse to what JSON.parse says', () => {
    fc.assert(
      fc.property(jsonObject, blank, ({ text, values }, around) => {
        const whole = JSON.parse(text) as Record<string, unknown>;
        const members = membersOf(around + text + around, 64);
        const isRepeated = Object.keys(whole).length < values.length;
        expect(members === null).toBe(isRepeated);
        expect([...(members?.values() ?? [])]).toEqual(isRepeated ? [] : values);
        for (const [name, slice] of members ?? []) {
          expect(Object.hasOwn(whole, name)).toBe(true);
          expect(JSON.parse(slice)).toEqual(whole[name]);
        }
      }),
      RUNS,
    );
  });

  test('are none of text that is no object, and nothing throws', () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'a', '1', ' ', '""'))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(noise, (text) => {
        expect(isJson(text, 64)).toBe(parses(text));
        expect(membersOf(text, 64) === null || text.trim().startsWith('{')).toBe(true);
      }),
      RUNS,
    );
  });

  test('are refused one level beyond the depth, and not at it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.constantFrom(['[', ']'], ['{"a":', '}']),
        (depth, [open = '', close = '']) => {
          const value = `${open.repeat(depth)}${open === '[' ? '' : '0'}${close.repeat(depth)}`;
          expect(membersOf(`{"a":${value}}`, depth + 1)?.get('a')).toBe(value);
          expect(membersOf(`{"a":${value}}`, depth)).toBeNull();
        },
      ),
    );
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
