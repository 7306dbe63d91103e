import { expect, test } from 'vitest';
import { fitted } from '../../cli/fitted.ts';

const HELP = `Reads what the number points to at the carrier, and shows
what would change. Nothing is written.

Examples:
  $ hookswitch connect twilio      the account's numbers, and what each points to
  $ hookswitch connect twilio --number +15551230000 --apply
  $ hookswitch connect twilio --undo --apply    as it was before
Last line.
`;

test('help that fits stays as it was written', () => {
  expect(fitted(HELP, 90)).toBe(HELP);
  expect(fitted(HELP, Infinity)).toBe(HELP);
});

test('a narrow terminal gets paragraphs of its width, hanging descriptions, and commands in one piece', () => {
  expect(fitted(HELP, 70)).toBe(`Reads what the number points to at the carrier, and shows
what would change. Nothing is written.

Examples:
  $ hookswitch connect twilio      the account's numbers, and what
                                   each points to
  $ hookswitch connect twilio --number +15551230000 --apply
  $ hookswitch connect twilio --undo --apply    as it was before
Last line.
`);
  expect(fitted(HELP, 50)).toBe(`Reads what the number points to at the carrier,
and shows what would change. Nothing is written.

Examples:
  $ hookswitch connect twilio
      the account's numbers, and what each points
      to
  $ hookswitch connect twilio --number +15551230000 --apply
  $ hookswitch connect twilio --undo --apply
      as it was before
Last line.
`);
});
