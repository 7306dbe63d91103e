/** An XML element as plain data: what the providers write, and what the simulator reads back. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (XmlElement | string)[];
}

/** Shorthand to write a tree by hand. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>> = {},
  children: readonly (XmlElement | string)[] = [],
): XmlElement {
  return { name, attributes, children };
}

/** Child elements, text left out. */
export function elementsOf(parent: XmlElement): XmlElement[] {
  return parent.children.filter((child): child is XmlElement => typeof child !== 'string');
}

/** Text of an element itself, trimmed. */
export function textOf(parent: XmlElement): string {
  return parent.children
    .filter((child) => typeof child === 'string')
    .join('')
    .trim();
}

/**
 * Text without the code points that XML 1.0 cannot carry at all, escaped or not (§2.2 Char): control characters except
 * tab, line feed and carriage return, U+FFFE, U+FFFF, and lone surrogates. They are dropped, because a document that
 * holds one is not well-formed and ends the call with a carrier's error.
 *
 * @see https://www.w3.org/TR/xml/#charsets (read 2026-11-21)
 */
export function xmlCharacters(text: string): string {
  // oxlint-disable-next-line eslint/no-control-regex -- these are the characters meant
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '');
}
