import { xmlCharacters, type XmlElement } from '../shared/xml.ts';

/**
 * What xml.ts does, for exported functions, of which xmlbuilder2 would be nine tenths. A test holds both to the same
 * bytes for any tree.
 */
export function toXml(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${write(root)}`;
}

function write({ name, attributes, children }: XmlElement): string {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${attributeText(value)}"`);
  const content = children.map((child) => (typeof child === 'string' ? text(child) : write(child)));
  const tag = name + pairs.join('');
  return children.length === 0 ? `<${tag}/>` : `<${tag}>${content.join('')}</${name}>`;
}

/** Without a reference, a parser reads a carriage return as a line feed (XML 1.0 §2.11). */
function text(value: string): string {
  return xmlCharacters(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
}

/** In attributes a parser turns tab and line feed into spaces as well (XML 1.0 §3.3.3). */
function attributeText(value: string): string {
  return text(value).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}
