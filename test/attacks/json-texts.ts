import * as fc from 'fast-check';

/** Any JSON text of an object: with blanks between everything, and any spelling of numbers and strings. */
export const blank: fc.Arbitrary<string> = fc.stringMatching(/^[ \t\r\n]{0,2}$/);
const jsonString = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc
    .array(fc.constantFrom('\\"', '\\\\', '{', '}', '[', ']', ',', ':', '\\u0022', '\\u005c', 'a'))
    .map((parts) => `"${parts.join('')}"`),
);
const scalar = fc.oneof(
  jsonString,
  fc.constantFrom('null', 'true', 'false', '0', '-0', '1e999', '1E+2', '12345678901234567890', '1.50'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
);
const values = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(' , ')}]`),
    fc
      .array(fc.tuple(jsonString, tie('value')), { maxLength: 4 })
      .map((members) => `{${members.map(([name, item]) => `${name} :${item}`).join()}}`),
  ),
}));
export const jsonValue: fc.Arbitrary<string> = values.value;

export const jsonObject: fc.Arbitrary<{ values: string[]; text: string }> = fc
  .array(fc.tuple(blank, jsonString, blank, blank, jsonValue, blank), { maxLength: 6 })
  .map((members) => ({
    values: members.map(([, , , , value]) => value),
    text: `{${members.map((parts) => `${parts[0]}${parts[1]}${parts[2]}:${parts[3]}${parts[4]}${parts[5]}`).join()}}`,
  }));
