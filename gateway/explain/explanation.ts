/** Why a request was refused, in one word. */
export type Cause =
  /** The URL that was signed differs from the one that was judged. */
  | 'scheme'
  | 'host'
  | 'port'
  | 'prefix'
  | 'path'
  | 'slash'
  | 'query'
  /** The request was changed on its way. */
  | 'body'
  | 'method'
  /** Somebody else's, or nobody's. */
  | 'other-carrier'
  | 'account'
  | 'secret'
  | 'header-missing'
  | 'header-malformed'
  | 'clock'
  | 'unsigned-carrier'
  | 'address'
  | 'stream-secret'
  | 'token-missing'
  | 'token-malformed'
  | 'token-encoded'
  | 'token-cut'
  | 'token-is-key'
  | 'token-forged'
  | 'token-unknown-secret'
  | 'token-expired'
  | 'token-other-agent'
  | 'token-used'
  | 'call-unknown';

/** One refusal, explained. No secret, signature, token or number of a caller is in it. */
export interface Explanation {
  readonly cause: Cause;
  /** What is wrong. */
  readonly sentence: string;
  /** The one thing to change. */
  readonly setting: string;
  /** As what the request was judged. */
  readonly judged: Judged;
  readonly tried: Tried;
  /** The one that would have matched; null when none did. */
  readonly matched: string | null;
}

/** What was held against the signature beside the request as it came. */
export interface Tried {
  /** Other spellings of the request. */
  readonly spellings: number;
  /** In what they were otherwise. */
  readonly parts: readonly Cause[];
}

/** What is found; what it was found in is added later. */
export type Finding = Pick<Explanation, 'cause' | 'sentence' | 'setting' | 'matched'>;

/** What cures most changes of a request on its way. */
export const UNCHANGED_TARGET =
  'the proxy in front: pass the request target on as it came (nginx: proxy_pass without a path; Caddy: reverse_proxy without rewrite or uri)';

/** Where the cause is plain without any. */
export const UNTRIED: Tried = { spellings: 0, parts: [] };

/** A request in its parts, as this gateway sees it. */
export interface Judged {
  readonly method: string;
  readonly scheme: string;
  readonly host: string;
  /** "default" where the URL names none. */
  readonly port: string;
  /** Tokens masked. */
  readonly path: string;
  readonly slash: 'with a slash at its end' | 'without a slash at its end';
  /** Names of the parameters, in their order. Values may be numbers of people. */
  readonly query: readonly string[];
}

/** Characters of one text in an explanation: most of them come from whoever sent the request. */
const MAX_TEXT = 400;
/** Names of query parameters that are shown. */
const MAX_NAMES = 20;

/** A text that may stand in a log and on a terminal: without control characters, and not too long. */
export function shown(text: string, mask: (text: string) => string): string {
  // oxlint-disable-next-line no-control-regex -- a terminal would obey them
  const plain = mask(text).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/g, '?');
  return plain.length > MAX_TEXT ? `${plain.slice(0, MAX_TEXT)}…` : plain;
}

/** A path as it may be shown: of what may be somebody's number, the last four digits. */
export function withoutNumbers(path: string): string {
  return path.replace(/(?:\+|%2B)?\d{3,}(\d{4})/gi, '…$1');
}

/** A URL in its parts. Not `new URL`, which respells what was signed. */
export interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  /** Digits; empty when there is none. */
  readonly port: string;
  readonly path: string;
  /** Without "?"; null when there is none. */
  readonly query: string | null;
}

export function partsOf(url: string): UrlParts {
  const [, scheme = '', host = '', port = '', path = '', query] =
    /^([a-z]+):\/\/(\[[^\]]*\]|[^:/?#]*)(?::(\d*))?([^?]*)(?:\?([^]*))?$/i.exec(url) ?? [];
  return { scheme, host, port, path, query: query ?? null };
}

export function urlOf({ scheme, host, port, path, query }: UrlParts): string {
  return `${originOf({ scheme, host, port })}${path}${query === null ? '' : `?${query}`}`;
}

export function originOf({ scheme, host, port }: Pick<UrlParts, 'scheme' | 'host' | 'port'>): string {
  return `${scheme}://${host}${port === '' ? '' : `:${port}`}`;
}

export function judgedOf(
  { method, url }: { readonly method: string; readonly url: string },
  mask: (text: string) => string,
): Judged {
  const { scheme, host, port, path, query } = partsOf(url);
  return {
    method: shown(method, mask),
    scheme,
    host: shown(host, mask),
    port: port === '' ? 'default' : port,
    path: shown(withoutNumbers(path), mask),
    slash: path.endsWith('/') ? 'with a slash at its end' : 'without a slash at its end',
    query: namesIn(query ?? '').map((name) => shown(name, mask)),
  };
}

export function namesIn(query: string): string[] {
  return [...new URLSearchParams(query).keys()].slice(0, MAX_NAMES);
}
