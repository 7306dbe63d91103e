import { create } from 'xmlbuilder2';
import { xmlCharacters, type XmlElement } from '../shared/xml.ts';

/** The node type of xmlbuilder2, which does not export it by name at its root for ESM. */
type Builder = ReturnType<typeof create>;

/** A tree as one line of XML with its declaration. Characters that XML cannot carry are dropped, all others survive. */
export function toXml(root: XmlElement): string {
  const document = create({ version: '1.0', encoding: 'UTF-8' });
  write(document, root);
  return document.end();
}

function write(parent: Builder, { name, attributes, children }: XmlElement): void {
  const node = parent.ele(name);
  for (const [key, value] of Object.entries(attributes)) node.att(key, attributeText(value));
  for (const child of children) {
    if (typeof child === 'string') node.txt(text(child));
    else write(node, child);
  }
}

/**
 * xmlbuilder2 4.0.3 leaves anything alone that looks like a reference (`&amp;`, `&nope;`, `&#0;`), so that such text comes
 * out as another text, or as a document that is not well-formed. Escaping "&" before it does is the cure, and it is also
 * how the reference for a carriage return gets through: without one, a parser reads a line feed instead (XML 1.0 §2.11).
 *
 * @see xmlbuilder2 4.0.3, lib/writers/BaseWriter.js and lib/constants.js (read 2026-11-21)
 */
function text(value: string): string {
  return xmlCharacters(value).replaceAll('&', '&amp;').replaceAll('\r', '&#13;');
}

/** In attributes a parser turns tab and line feed into spaces as well (XML 1.0 §3.3.3). */
function attributeText(value: string): string {
  return text(value).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}
