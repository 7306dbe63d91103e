import { setImmediate as turn } from 'node:timers/promises';
import type { HttpRequest } from '../../shared/http.ts';
import type { Provider, SignatureCheck } from '../../shared/provider.ts';
import {
  judgedOf,
  originOf,
  partsOf,
  shown,
  UNCHANGED_TARGET,
  UNTRIED,
  withoutNumbers,
  type Cause,
  type Explanation,
  type Finding,
  type Tried,
} from './explanation.ts';
import type { Change } from './option.ts';
import { variantsOf, type Known, type Variant } from './variants.ts';

/** Other spellings of one request that are held against its signature. Each costs 0.2 ms at most, where a query has 60 names. */
export const MAX_VARIANTS = 200;
/** What all of them may cost, by `costOf`: a webhook of Twilio's, with 35 parameters in 1 KB, has enough for all of them. */
const MAX_SEARCH_COST = 600_000;
/** Of those, how many before calls have a turn. */
const AT_A_TIME = 8;

/** A check that has failed, and how to repeat it. */
export interface FailedCheck {
  readonly provider: Pick<Provider, 'name'>;
  /** What stands in the configuration for it: names of variables. */
  readonly variables: readonly string[];
  readonly signsUrl: boolean;
  readonly verify: (request: HttpRequest) => SignatureCheck | Promise<SignatureCheck>;
  /** Checks of other carriers at the same place. */
  readonly others: readonly Pick<FailedCheck, 'provider' | 'verify'>[];
}

/** What the gateway knows of itself. */
export interface Surroundings extends Pick<Known, 'ports'> {
  readonly agents: readonly { readonly name: string; readonly serviceHost: string }[];
  /** What public_url amounts to. */
  readonly publicUrl: string;
  /** Hides secrets. */
  readonly mask: (text: string) => string;
}

/** Why a signature was refused. The configured secrets are used here only; nobody is let in by what is found. */
export async function explainSignature(
  request: HttpRequest,
  refused: Extract<SignatureCheck, { ok: false }>,
  failed: FailedCheck,
  surroundings: Surroundings & Known,
): Promise<Explanation> {
  const judged = judgedOf(request, surroundings.mask);
  const clear = clearFlaw(request, refused, failed);
  if (clear) return { ...clear, judged, tried: UNTRIED };
  for (const { provider, verify } of failed.others) {
    if (!(await verify(request)).ok) continue;
    const sentence = `this is a genuine request of ${provider.name}, sent to the address of ${failed.provider.name}`;
    const setting = `the URL in the console of ${provider.name}: its path is /webhooks/${provider.name}`;
    const matched = `as a request of ${provider.name}`;
    return { cause: 'other-carrier', sentence, setting, matched, judged, tried: UNTRIED };
  }
  const { variant, tried } = await search(request, failed, surroundings);
  const found = variant
    ? matchedBy(variant, request, failed, surroundings)
    : unmatched(refused, failed, tried);
  return { ...found, judged, tried };
}

async function search(
  request: HttpRequest,
  { signsUrl, verify }: FailedCheck,
  known: Known,
): Promise<{ readonly variant: Variant | null; readonly tried: Tried }> {
  let spellings = 0;
  let cost = 0;
  const parts = new Set<Cause>();
  for (const variant of variantsOf(request, signsUrl, known)) {
    if (spellings === MAX_VARIANTS || cost > MAX_SEARCH_COST) break;
    spellings += 1;
    cost += costOf(variant.request);
    for (const { cause } of variant.changes) parts.add(cause);
    if (spellings % AT_A_TIME === 0) await turn();
    if ((await verify(variant.request)).ok) return { variant, tried: { spellings, parts: [...parts] } };
  }
  return { variant: null, tried: { spellings, parts: [...parts] } };
}

/** Characters to be hashed; and to sort a parameter among others, and to escape it, takes as long as 50 of them. */
function costOf({ url, body }: HttpRequest): number {
  const parameters = url.split('&').length + body.split('&').length;
  return url.length + body.length + 50 * parameters;
}

/** What needs no search: a header is not there, or out of shape, or its time is. */
function clearFlaw(
  { method, headers }: HttpRequest,
  { flaw }: Extract<SignatureCheck, { ok: false }>,
  { provider, others }: FailedCheck,
): Finding | null {
  const { name } = provider;
  if (flaw?.type === 'missing') {
    const stranger = others.find((other) => hasHeadersOf(other.provider.name, headers));
    const hint = stranger ? `; it has those of ${stranger.provider.name}, whose URL has another path` : '';
    return {
      cause: 'header-missing',
      sentence: `the header ${flaw.header} is missing, so ${name} has not sent this ${method}, or a proxy took the header away${hint}`,
      setting: `the proxy in front: let it pass ${flaw.header} as it came. Anything but ${name} has no business here`,
      matched: null,
    };
  }
  if (flaw?.type === 'malformed') {
    return {
      cause: 'header-malformed',
      sentence: `the header ${flaw.header} is not in the shape that ${name} gives it: cut, sent twice, or not from ${name}`,
      setting: `the proxy in front: let it pass ${flaw.header} once, and as it came`,
      matched: null,
    };
  }
  return flaw?.type === 'stale' ? staleFinding(flaw.seconds, name) : null;
}

function staleFinding(seconds: number, name: string): Finding {
  const when = seconds > 0 ? `${seconds} s ago` : `${-seconds} s in the future`;
  return {
    cause: 'clock',
    sentence: `the request says it was signed ${when}, by the clock of this machine: that clock is wrong, or somebody sends an old request of ${name} again`,
    setting: 'the clock of this machine: let NTP set it (timedatectl set-ntp true). If it is right, nothing',
    matched: null,
  };
}

function hasHeadersOf(name: string, headers: HttpRequest['headers']): boolean {
  return Object.keys(headers).some((header) => header.includes(name) && header.includes('signature'));
}

/** What to change in which order: one public_url can mend all of its parts at once. */
const order: readonly Cause[] = [
  'scheme',
  'host',
  'port',
  'prefix',
  'path',
  'slash',
  'query',
  'method',
  'body',
];

function matchedBy(
  { request: signed, changes }: Variant,
  { url }: HttpRequest,
  { provider }: FailedCheck,
  { publicUrl, mask }: Surroundings,
): Finding {
  const [first] = changes.toSorted((a, b) => order.indexOf(a.cause) - order.indexOf(b.cause));
  const cause = first?.cause ?? 'secret';
  const matched = shown([...new Set(changes.map(({ words }) => words))].join(', and '), mask);
  const others = { signed: signed.url, url, publicUrl, name: provider.name };
  const sentence = isOfUrl(cause)
    ? `${provider.name} signed a URL that begins with ${baseOf(others, changes)}, and this gateway judged one that begins with ${baseOf({ ...others, signed: url }, [])}`
    : `the signature is right ${matched}: ${whys[cause] ?? ''}`;
  return {
    cause,
    matched,
    sentence: shown(sentence, mask),
    setting: shown(settingFor(cause, changes, others), mask),
  };
}

/** What of the signed URL is public_url's business. */
function baseOf({ signed, url }: Addresses, changes: readonly Change[]): string {
  const isCut = changes.some(({ cause }) => cause === 'prefix');
  return originOf(partsOf(signed)) + (isCut ? prefixOf(partsOf(signed).path, partsOf(url).path) : '');
}

function isOfUrl(cause: Cause): boolean {
  return ['scheme', 'host', 'port', 'prefix'].includes(cause);
}

const whys: Partial<Record<Cause, string>> = {
  path: 'the request has come here at another path',
  slash: 'somebody on the way has added or cut the slash',
  query: 'somebody on the way has changed the query',
  method: 'a redirect or a proxy on the way has changed the method',
  body: 'somebody on the way has changed the body',
};

interface Addresses {
  readonly signed: string;
  readonly url: string;
  readonly publicUrl: string;
  readonly name: string;
}

function settingFor(
  cause: Cause,
  changes: readonly Change[],
  { signed, url, publicUrl, name }: Addresses,
): string {
  const { path } = partsOf(url);
  const base = partsOf(publicUrl).path;
  if (isOfUrl(cause)) {
    const other = baseOf({ signed, url, publicUrl, name }, changes).replace(/^ws/, 'http') + base;
    // What is signed is not the address that the carrier was given, and no setting of ours makes it so.
    if (other === publicUrl) return `websocket_auth = "token" for this agent, without websocket_signature`;
    return `public_url = "${other}"`;
  }
  if (cause === 'slash') {
    const { path: wanted } = partsOf(signed);
    const spelling = wanted.endsWith('/') ? 'without the slash at its end' : 'exactly as the gateway has it';
    return `the URL in the console of ${name}: ${spelling}, ${publicUrl}${withoutNumbers(path.slice(base.length))}`;
  }
  if (cause === 'method') {
    return `the URL in the console of ${name}: the last one of the redirects (https, right host, no slash at its end), with method POST`;
  }
  if (cause === 'body') {
    return 'the proxy or middleware in front: pass the body on byte for byte, without parsing it';
  }
  return UNCHANGED_TARGET;
}

function prefixOf(signed: string, path: string): string {
  return signed.endsWith(path) ? signed.slice(0, signed.length - path.length) : '';
}

/** Another secret, or nobody's: nothing in the request can tell them apart. */
function unmatched(
  { flaw }: Extract<SignatureCheck, { ok: false }>,
  { provider, variables }: FailedCheck,
  { spellings }: Tried,
): Finding {
  const [account = 'the account', secret = 'the secret'] = variables;
  if (flaw?.type === 'account') {
    return {
      cause: 'account',
      sentence: `the request is of the account ${flaw.account.slice(0, 2)}…${flaw.account.slice(-4)}, which is not the one in ${account}: another project, or a sub-account, with a secret of its own`,
      setting: `${account} and ${secret}: those of the account that owns the number`,
      matched: null,
    };
  }
  const hint = flaw?.type === 'mismatch' ? flaw.hint : undefined;
  return {
    cause: 'secret',
    sentence: `none of ${spellings} other spellings of this request matches: ${provider.name} signed with another secret (was it rotated?), or the request was changed in a way nobody thought of, or it is forged${hint === undefined ? '' : `. ${hint}`}`,
    setting: `${secret}: compare it with the console of ${provider.name}; while it is being replaced, set both: ${secret}=new,old`,
    matched: null,
  };
}
