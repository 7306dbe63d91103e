import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toXml as toSmallXml } from '../providers/xml-small.ts';
import { toXml } from '../providers/xml.ts';
import { element, xmlCharacters, type XmlElement } from '../shared/xml.ts';
import { readXml } from './helpers/read-xml.ts';

/** All code units, so that controls and lone surrogates are among them. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
  fc.string({
    unit: fc.constantFrom('&', '<', '>', '"', "'", '\r', '\n', '\t', '#', ';', ']', 'amp', '\ud800'),
  }),
);
const { tree } = fc.letrec<{ tree: XmlElement }>((tie) => ({
  tree: fc.record({
    name: fc.constantFrom('Say', 'Stream', 'Parameter'),
    attributes: fc.dictionary(fc.constantFrom('url', 'name', 'value'), anyText, { noNullPrototype: true }),
    children: fc.array(fc.oneof({ depthSize: 'small' }, anyText, tie('tree')), { maxLength: 3 }),
  }),
}));

/** What a parser can give back of a tree: legal characters, neighbouring texts as one, no empty text. */
function readable({ name, attributes, children }: XmlElement): XmlElement {
  const merged: (XmlElement | string)[] = [];
  for (const child of children) {
    const last = merged.at(-1);
    const kept = typeof child === 'string' ? xmlCharacters(child) : readable(child);
    if (typeof kept === 'string' && typeof last === 'string') merged[merged.length - 1] = last + kept;
    else if (kept !== '') merged.push(kept);
  }
  const values = Object.entries(attributes).map(([key, value]) => [key, xmlCharacters(value)]);
  return { name, attributes: Object.fromEntries(values) as Record<string, string>, children: merged };
}

test('any tree at all is read back by a strict parser, on one line as far as we write it', () => {
  fc.assert(
    fc.property(tree, (root) => {
      expect(readXml(toXml(root))).toEqual(readable(root));
    }),
    { numRuns: 500 },
  );
});

test('any tree is written byte for byte the same in exported functions', () => {
  fc.assert(
    fc.property(tree, (root) => {
      expect(toSmallXml(root)).toBe(toXml(root));
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['a&b<c>d', 'a&amp;b&lt;c&gt;d'],
  ['&amp; &lt; &#0; &#x0; &nope;', '&amp;amp; &amp;lt; &amp;#0; &amp;#x0; &amp;nope;'],
  [']]>', ']]&gt;'],
  ['\r\n', '&#13;\n'],
  ['a\u0000b\u001fc\ufffed\uffff', 'abcd'],
  ['\ud800x\udc00', 'x'],
  ['\u{1f600} \u0085 \u2028', '\u{1f600} \u0085 \u2028'],
])('text %j becomes %j', (text, expected) => {
  expect(toXml(element('Say', {}, [text]))).toBe(
    `<?xml version="1.0" encoding="UTF-8"?><Say>${expected}</Say>`,
  );
});

test.each([
  ['"\'', "&quot;'"],
  ['\t\n\r', '&#9;&#10;&#13;'],
  ['a&b="2"', 'a&amp;b=&quot;2&quot;'],
  ['', ''],
])('attribute %j becomes %j', (value, expected) => {
  expect(toXml(element('Stream', { url: value }))).toBe(
    `<?xml version="1.0" encoding="UTF-8"?><Stream url="${expected}"/>`,
  );
});
