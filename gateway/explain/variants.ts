import type { HttpRequest } from '../../shared/http.ts';
import { bodiesOf } from './bodies.ts';
import { originOf, partsOf, withoutNumbers, type UrlParts } from './explanation.ts';
import { inUrl, type Change, type Option } from './option.ts';
import { queriesOf } from './queries.ts';

/** Another spelling of a request, and how it differs; the fewest changes first. */
export interface Variant {
  readonly request: HttpRequest;
  readonly changes: readonly Change[];
}

/** What the gateway knows about its own addresses. */
export interface Known {
  /** Paths it serves itself, such as those of other agents. */
  readonly paths: readonly string[];
  /** Ports it may be reached at, from the configuration. */
  readonly ports: readonly string[];
}

/** Bases under which gateways are often put, for proxies that cut them off without saying so. */
const COMMON_PREFIXES = ['/api', '/voice', '/hookswitch', '/telephony', '/twilio', '/v1', '/ws'];
/** Hosts that a request may name beside its own. */
const MAX_HOSTS = 4;

/**
 * What a request may have been when its carrier signed it: everything that could be otherwise alone, then in pairs.
 * `signsUrl`: false where only the body counts. Headers say where to look, never what is believed: each of these is one
 * more text for a signature to be held against.
 */
export function* variantsOf(request: HttpRequest, signsUrl: boolean, known: Known): Generator<Variant> {
  const url = partsOf(request.url);
  const { headers } = request;
  const ofUrl = [originsOf(url, headers, known), pathsOf(url.path, headers, known), queriesOf(url.query)];
  const parts = [...(signsUrl ? ofUrl : []), bodiesOf(request)];
  for (const { apply, changes } of parts.flat()) yield { request: apply(request), changes };
  const likely = parts.map((options) => options.filter(({ isGuess }) => isGuess !== true));
  for (const [at, options] of likely.entries()) {
    const pairs = options.flatMap((one) =>
      likely.slice(at + 1).flatMap((rest) => rest.map((other) => ({ one, other }))),
    );
    for (const { one, other } of pairs) {
      yield { request: other.apply(one.apply(request)), changes: [...one.changes, ...other.changes] };
    }
  }
}

type Origin = Pick<UrlParts, 'scheme' | 'host' | 'port'>;

function originsOf(url: UrlParts, headers: HttpRequest['headers'], known: Known): Option[] {
  const { scheme, host, port } = url;
  const others = (scheme.startsWith('ws') ? ['wss', 'ws', 'https', 'http'] : ['https', 'http']).filter(
    (other) => other !== scheme,
  );
  const likely = [
    { scheme, host, port: '' },
    ...hostsIn(headers).map((named) => ({ scheme, ...named })),
  ].flatMap((origin) => [origin, ...others.slice(0, 1).map((other) => ({ ...origin, scheme: other }))]);
  const flipped = others.map((other) => ({ scheme: other, host, port }));
  const guessed = ['443', '80', ...known.ports].flatMap((other) =>
    [scheme, ...others].map((one) => ({ scheme: one, host, port: other })),
  );
  const seen = new Set([originOf(url)]);
  const option = (isGuess: boolean) => (origin: Origin) => {
    const text = originOf(origin);
    if (seen.has(text)) return [];
    seen.add(text);
    return [inUrl(origin, changesOf(url, origin), isGuess)];
  };
  const options = [...flipped, ...likely].flatMap(option(false));
  return [
    ...options.toSorted((a, b) => a.changes.length - b.changes.length),
    ...guessed.flatMap(option(true)),
  ];
}

function changesOf(url: UrlParts, origin: Origin): Change[] {
  const words = `over ${originOf(origin)}`;
  return (['scheme', 'host', 'port'] as const)
    .filter((part) => origin[part] !== url[part])
    .map((cause) => ({ cause, words }));
}

/** Hosts and ports that the request itself names: its own, and those that proxies put in. */
function hostsIn(headers: HttpRequest['headers']): { host: string; port: string }[] {
  const forwarded = [...(headers['forwarded'] ?? '').matchAll(/host="?([^;," ]+)/gi)].map(
    ([, host = '']) => host,
  );
  const lists = ['x-forwarded-host', 'x-original-host', 'host'].map((name) => headers[name] ?? '');
  const hosts = [...lists.flatMap((list) => list.split(',')), ...forwarded]
    .map((text) => text.trim().toLowerCase())
    .filter((text) => /^(?:[a-z0-9.-]{1,253}|\[[0-9a-f:]+\])(?::\d{1,5})?$/.test(text))
    .map((text) => partsOf(`x://${text}`))
    .slice(0, MAX_HOSTS);
  const port = /^\d{1,5}$/.exec(headers['x-forwarded-port'] ?? '')?.[0];
  return hosts
    .flatMap((named) => [
      named,
      ...(named.port === '' ? [] : [{ ...named, port: '' }]),
      ...(port === undefined ? [] : [{ ...named, port }]),
    ])
    .map(({ host, port: own }) => ({ host, port: own }));
}

function pathsOf(path: string, headers: HttpRequest['headers'], known: Known): Option[] {
  const slash = path.endsWith('/') ? path.replace(/(?<!\/)\/+$/, '') : `${path}/`;
  const words = path.endsWith('/') ? 'without the slash at its end' : 'with a slash at its end';
  const original = [
    'x-original-uri',
    'x-original-url',
    'x-rewrite-url',
    'x-envoy-original-path',
    'x-forwarded-uri',
  ]
    .map((name) => partsOf(`x://x${headers[name] ?? ''}`).path)
    .filter((other) => other.startsWith('/') && other !== path);
  return [
    inUrl({ path: slash }, { cause: 'slash', words }),
    ...original.map((other) => inUrl({ path: other }, rewritten(path, other))),
    ...prefixesIn(headers).map((prefix) => inUrl({ path: prefix + path }, prefixed(prefix))),
    ...COMMON_PREFIXES.map((prefix) => inUrl({ path: prefix + path }, prefixed(prefix), true)),
    ...known.paths
      .filter((other) => other !== path)
      .map((other) => inUrl({ path: other }, { cause: 'path', words: `over the path ${other}` }, true)),
  ];
}

function rewritten(path: string, other: string): Change {
  return other.endsWith(path)
    ? prefixed(other.slice(0, other.length - path.length))
    : { cause: 'path', words: `over the path ${withoutNumbers(other)}` };
}

function prefixed(prefix: string): Change {
  return { cause: 'prefix', words: `with ${prefix} before its path` };
}

function prefixesIn(headers: HttpRequest['headers']): string[] {
  return ['x-forwarded-prefix', 'x-script-name']
    .flatMap((name) => (headers[name] ?? '').split(','))
    .map((text) => text.trim().replace(/\/+$/, ''))
    .filter((text) => /^(?:\/[A-Za-z0-9._~-]{1,64}){1,4}$/.test(text));
}
