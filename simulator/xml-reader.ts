import { SaxesParser } from 'saxes';
import { GatewayError } from '../shared/errors.ts';
import type { XmlElement } from '../shared/xml.ts';

interface OpenElement extends XmlElement {
  readonly children: (XmlElement | string)[];
}

/**
 * Reads XML 1.0 strictly. Throws ERR_DOCUMENT_REFUSED with line and column for anything that is not well-formed, and for
 * a DOCTYPE, which no carrier takes.
 */
export function readXml(text: string): XmlElement {
  const parser = new SaxesParser();
  const outside: OpenElement = { name: '', attributes: {}, children: [] };
  const open: OpenElement[] = [outside];
  const add = (child: XmlElement | string): void => void open.at(-1)?.children.push(child);
  const refuse = (message: string): never => {
    throw new GatewayError(
      'ERR_DOCUMENT_REFUSED',
      `the document is not well-formed XML: line ${parser.line}, column ${parser.column}: ${message}`,
    );
  };

  parser.on('error', (error) => refuse(error.message.replace(/^\d+:\d+: /, '')));
  parser.on('doctype', () => refuse('a DOCTYPE is not taken'));
  parser.on('opentag', ({ name, attributes }) => {
    const child: OpenElement = { name, attributes: { ...attributes }, children: [] };
    add(child);
    open.push(child);
  });
  parser.on('closetag', () => void open.pop());
  parser.on('text', (content) => {
    if (open.length > 1) add(content);
  });
  parser.on('cdata', add);
  parser.write(text).close();
  const [root] = outside.children;
  if (root === undefined || typeof root === 'string') return refuse('there is no element');
  return root;
}
