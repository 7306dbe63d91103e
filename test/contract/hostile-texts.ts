import * as fc from 'fast-check';
import type { Step } from '../../shared/carrier.ts';

/** Any text at all: control characters, lone surrogates, references, tags. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
  fc
    .array(
      fc.constantFrom(
        '&#0;',
        '&amp;',
        '&nope;',
        '&',
        ';',
        ']]>',
        '<',
        '>',
        '"',
        "'",
        '{{',
        '{',
        '}}',
        '\r',
        '\n',
        '\t',
        '\ud800',
        '\u0000',
        '\ufffe',
        'a',
        '1',
        '\u{1f600}',
      ),
    )
    .map((parts) => parts.join('')),
);

/** What would be another document, if it were not text. */
export const injections: readonly string[] = [
  '</Parameter><Dial>+1900</Dial>',
  '"><Hangup/>',
  "'><Hangup/>",
  ']]>',
  '&#0;',
  '&amp;lt;',
  '&nope;',
  '<![CDATA[',
  '<!--',
  '{{From}}',
  '\r\nX-Evil: 1',
  'x'.repeat(4096),
];

/** One of each, all of them of that text. */
export function stepsOf(text: string): Step[] {
  return [
    { type: 'say', text },
    { type: 'play', url: text },
    { type: 'dial', number: text },
    { type: 'redirect', url: text, method: 'POST' },
  ];
}
