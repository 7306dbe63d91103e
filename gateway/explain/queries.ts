import { decoded, MAX_PARAMETERS } from '../../shared/form.ts';
import { namesIn } from './explanation.ts';
import { inUrl, type Option } from './option.ts';

/** Parameters whose orders are all tried. */
const MAX_PERMUTED = 4;
/** Parameters that are left out, one at a time, in case somebody on the way has added one. */
const MAX_LEFT_OUT = 50;

/** What a query may have been before a proxy had it. */
export function queriesOf(query: string | null): Option[] {
  if (query === null) return [];
  const pairs = query.split('&', MAX_PARAMETERS + 1);
  if (pairs.length > MAX_PARAMETERS) return []; // no carrier's
  const seen = new Set([query]);
  const option =
    (words: string, isGuess = false) =>
    (other: string): Option[] => {
      if (seen.has(other)) return [];
      seen.add(other);
      return [inUrl({ query: other }, { cause: 'query', words }, isGuess)];
    };
  return [
    inUrl({ query: null }, { cause: 'query', words: 'without its query' }),
    ...encodingsOf(pairs).flatMap(option('with its query in another encoding')),
    ...ordersOf(pairs)
      .map((other) => other.join('&'))
      .flatMap(option('with its query in another order')),
    ...pairs
      .slice(0, MAX_LEFT_OUT)
      .flatMap((pair, at) =>
        option(`without ${namesIn(pair).join()} in its query`, true)(pairs.toSpliced(at, 1).join('&')),
      ),
  ];
}

function encodingsOf(pairs: readonly string[]): string[] {
  const respelled = (spell: (text: string) => string): string =>
    pairs.map((pair) => pair.split('=').map(spell).join('=')).join('&');
  return [
    respelled((text) => encodeURIComponent(decoded(text))),
    new URLSearchParams(pairs.join('&')).toString(),
    // As people type it: only what a query cannot hold is encoded.
    respelled((text) =>
      decoded(text).replace(/[^!$'()*,\-./0-9:;?@A-Z_a-z~]/g, (char) => encodeURIComponent(char)),
    ),
    respelled((text) => text.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())),
    respelled((text) => text.replaceAll('+', '%20')),
    respelled((text) => text.replaceAll('%20', '+')),
    respelled((text) => decoded(text).replaceAll(' ', '+')),
  ];
}

function ordersOf(pairs: readonly string[]): string[][] {
  return pairs.length <= MAX_PERMUTED ? permutations(pairs) : [pairs.toSorted(), pairs.toReversed()];
}

function permutations(pairs: readonly string[]): string[][] {
  if (pairs.length < 2) return [[...pairs]];
  return pairs.flatMap((first, at) =>
    permutations(pairs.filter((_, index) => index !== at)).map((rest) => [first, ...rest]),
  );
}
