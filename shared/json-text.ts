/** Levels of a carrier's JSON: Jambonz sends four (SIP headers in a webhook). The rest is room. */
export const MAX_JSON_DEPTH = 16;

/**
 * The members of a JSON object as text, so that a value can be handed on byte for byte: parsing and writing it again
 * would change long integers, `1e999`, repeated keys and the order of numeric ones.
 *
 * Null when the text is no object, is nested deeper than `maxDepth` (checked before anything recursive runs), or
 * repeats a member.
 */
export function membersOf(text: string, maxDepth: number): ReadonlyMap<string, string> | null {
  const spans = spansOf(text, maxDepth);
  if (!spans || !isObject(text)) return null;
  const members = new Map<string, string>();
  for (const { start, colon, end } of spans) {
    const name: unknown = JSON.parse(text.slice(start, colon));
    if (typeof name !== 'string' || members.has(name)) return null;
    members.set(name, text.slice(colon + 1, end).trim());
  }
  return members;
}

/** True for text that is JSON and nested no deeper than `maxDepth`. */
export function isJson(text: string, maxDepth: number): boolean {
  return spansOf(text, maxDepth) !== null && parses(text);
}

interface Span {
  readonly start: number;
  readonly colon: number;
  readonly end: number;
}

/** Where the members of the outermost object stand, in one pass. Means something only for text that is JSON. */
function spansOf(text: string, maxDepth: number): Span[] | null {
  const spans: Span[] = [];
  let depth = 0;
  let start = 0;
  let colon = 0;
  for (let at = 0; at < text.length; at += 1) {
    const mark = text.charAt(at);
    if (mark === '"') at = endOfString(text, at);
    if (!'{[:,]}'.includes(mark)) continue;
    const isEnd = depth === 1 && ',}]'.includes(mark);
    if (isEnd && colon > 0) spans.push({ start, colon, end: at });
    if ('{['.includes(mark)) depth += 1;
    if (depth > maxDepth) return null;
    if (depth === 1) [start, colon] = mark === ':' ? [start, at] : [at + 1, 0];
    if ('}]'.includes(mark)) depth -= 1;
  }
  return spans;
}

/** Index of the closing quote, or of the end. */
function endOfString(text: string, opening: number): number {
  let at = opening + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function isObject(text: string): boolean {
  return /^\s*\{/.test(text) && parses(text);
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The value that a text of JSON stands for; null when it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
