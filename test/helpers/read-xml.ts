import { SaxesParser } from 'saxes';
import type { XmlElement } from '../../shared/xml.ts';

/** A document as a tree, by a strict parser: throws for whatever is not well-formed. Neighbouring texts are one. */
export function readXml(text: string): XmlElement {
  const parser = new SaxesParser();
  const open: { name: string; attributes: Record<string, string>; children: (XmlElement | string)[] }[] = [];
  let root: XmlElement | undefined;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes: { ...attributes } as Record<string, string>, children: [] };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  parser.on('text', (value) => {
    open.at(-1)?.children.push(value);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.write(text).close();
  if (!root) throw new Error('no root element');
  return root;
}
