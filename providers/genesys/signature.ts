import { createHmac } from 'node:crypto';
import { sameSecret } from '../../shared/compare.ts';
import type { SignatureCheck, UpgradeRequest } from '../../shared/provider.ts';
import { malformed, missing, refused } from '../../shared/refused-signature.ts';
import type { GenesysSettings } from './settings.ts';

/** Seconds: how old a signature may be, and how far its clock may be from ours. */
const MAX_AGE = 10;
const MAX_SKEW = 3;

/** Characters of a nonce; Genesys' own server takes no shorter one. */
const MIN_NONCE = 22;

/** Nonces remembered at once: 600 calls a second for as long as a signature lives. Above that nobody comes in. */
export const MAX_NONCES = 10_000;

/** What a signature must cover, by Genesys' own server. */
const COVERED = [
  '@request-target',
  '@authority',
  'audiohook-organization-id',
  'audiohook-session-id',
  'audiohook-correlation-id',
  'x-api-key',
] as const;

/**
 * The one spelling of a member that needs no second thought: a label, a list of names, parameters in quotes or digits,
 * and no space that a signer would not write. What is signed is this very text.
 */
const INPUT =
  /^([a-z*][a-z0-9_.*-]{0,63})=(\((?:"[a-z0-9@-]{1,64}" ){0,31}"[a-z0-9@-]{1,64}"\)(?:;[a-z]{1,16}=(?:"[\x20\x21\x23-\x5b\x5d-\x7e]{0,256}"|[0-9]{1,15})){1,8})$/;

export type VerifyUpgrade = (upgrade: UpgradeRequest) => SignatureCheck;

/**
 * HTTP Message Signatures of draft 11 as Genesys uses them: HMAC-SHA256 with the client secret over what was asked, of whom,
 * and by which organisation, session and key. A nonce opens one socket, in each process for itself.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-message-signatures-11 (read 2026-11-21)
 * @see https://github.com/purecloudlabs/audiohook-reference-implementation, app/src/authenticator.ts (read 2026-11-21)
 */
export function upgradeVerifier(settings: GenesysSettings, now: () => number = Date.now): VerifyUpgrade {
  const { organizationId, apiKeys, clientSecrets } = settings;
  const spent = spentNonces();

  return (upgrade) => {
    const signed = readSigned(upgrade);
    if ('ok' in signed) return signed;
    const { parameters, base, signature } = signed;
    const seconds = now() / 1000;
    const flaw = faultOf(parameters, seconds);
    if (flaw) return flaw;
    const apiKey = upgrade.headers['x-api-key'] ?? '';
    if (apiKey !== parameters['keyid'] || apiKeys.filter((known) => sameSecret(known, apiKey)).length === 0) {
      return refused('X-API-KEY is not ours, or not the keyid');
    }
    const matches = clientSecrets.filter((secret) => sameSecret(hmac(secret, base), signature));
    if (matches.length === 0) return refused('the signature does not match');
    const account = upgrade.headers['audiohook-organization-id'] ?? '';
    if (account !== organizationId)
      return refused('the organization is not ours', { type: 'account', account });
    const isFirst = spent.add(parameters['nonce'] ?? '', seconds);
    return isFirst ? { ok: true } : refused('the nonce was used before, or too many were');
  };
}

type Parameters = Readonly<Record<string, string>>;

/** What is wrong with a signature before anybody computes it; null when nothing is. */
function faultOf(
  { created, expires, nonce = '', alg = 'hmac-sha256' }: Parameters,
  seconds: number,
): SignatureCheck | null {
  const age = seconds - Number(created ?? Number.NaN);
  const life = Number(expires ?? seconds) - seconds;
  if (!(age <= MAX_AGE + MAX_SKEW && age >= -MAX_SKEW && life >= -MAX_SKEW)) {
    return refused('the signature is too old, or from the future', {
      type: 'stale',
      seconds: Math.round(age),
    });
  }
  if (alg !== 'hmac-sha256') return refused('alg is not hmac-sha256');
  return nonce.length < MIN_NONCE ? refused('the nonce is too short') : null;
}

interface Signed {
  readonly parameters: Parameters;
  /** What was signed. */
  readonly base: string;
  /** Base64. */
  readonly signature: string;
}

const HEADERS = ['Signature-Input', 'Signature', ...COVERED.filter((name) => !name.startsWith('@'))];

/** The parts of a signature that covers all it must, once each; or what is wrong with it. */
function readSigned({ url, headers }: UpgradeRequest): Signed | SignatureCheck {
  const absent = HEADERS.find((name) => !headers[name.toLowerCase()]);
  if (absent !== undefined) return missing(absent);
  const [, label = '', params] = INPUT.exec(headers['signature-input']?.trim() ?? '') ?? [];
  if (params === undefined) return malformed('Signature-Input', 'one plain signature');
  const signature = readBytes(headers['signature']?.trim() ?? '', label);
  if (signature === null) return malformed('Signature', '32 bytes of that label');
  const input = readInput(params);
  if (!input) {
    const flaw = { type: 'malformed', header: 'Signature-Input' } as const;
    return refused('the signature does not cover what it must, once each', flaw);
  }
  const lines = input.names.map((name) => [name, componentOf(name, url, headers)] as const);
  const unknown = lines.find(([, value]) => value === null);
  if (unknown) return refused(`the signature covers ${unknown[0]}, which is not there, or not known here`);
  const base = [...lines, ['@signature-params', params] as const];
  const text = base.map(([name, value]) => `"${name}": ${value}`).join('\n');
  return { parameters: input.parameters, signature, base: text };
}

/** Names and parameters of a list in its plain spelling; null when one repeats, or a name that must be there is not. */
function readInput(params: string): { readonly names: string[]; readonly parameters: Parameters } | null {
  const end = params.indexOf(')');
  const names = [...params.slice(0, end).matchAll(/"([^"]*)"/g)].map(([, name = '']) => name);
  const pairs = [...params.slice(end).matchAll(/;([a-z]+)=(?:"([^"]*)"|([0-9]+))/g)].map(
    ([, name = '', text, digits = '']): [string, string] => [name, text ?? digits],
  );
  const parameters = Object.fromEntries(pairs);
  const isPlain = new Set(names).size === names.length && Object.keys(parameters).length === pairs.length;
  return isPlain && COVERED.every((name) => names.includes(name)) ? { names, parameters } : null;
}

/** Null for what is not there. */
function componentOf(name: string, url: string, headers: UpgradeRequest['headers']): string | null {
  const [, authority = '', target = ''] = /^[a-z]+:\/\/([^/?#]*)(.*)$/.exec(url) ?? [];
  if (name === '@request-target') return target;
  if (name === '@authority') return authority;
  if (name.startsWith('@') || name === 'signature') return null;
  return (Object.hasOwn(headers, name) ? headers[name]?.trim() : null) ?? null;
}

/** `label=:<base64 of 32 bytes>:` as that base64. */
function readBytes(text: string, label: string): string | null {
  const [, name, bytes = null] = /^([a-z0-9_.*-]+)=:([A-Za-z0-9+/]{43}=):$/.exec(text) ?? [];
  return name === label ? bytes : null;
}

function hmac(secret: Buffer, base: string): string {
  return createHmac('sha256', secret).update(base).digest('base64');
}

/** Nonces of signatures that still live, oldest first. */
function spentNonces(): { add(nonce: string, seconds: number): boolean } {
  const until = new Map<string, number>();
  return {
    add(nonce, seconds) {
      for (const [old, end] of until) {
        if (end >= seconds) break;
        until.delete(old);
      }
      if (until.has(nonce) || until.size >= MAX_NONCES) return false;
      // From now on, not from `created`: then the oldest ones are the first to go, whatever their clocks said.
      until.set(nonce, seconds + MAX_AGE + 2 * MAX_SKEW);
      return true;
    },
  };
}

/** The headers that Genesys would send with an upgrade to `url`. `created`: seconds since the epoch. */
export function signedHeaders(
  url: string,
  headers: Readonly<Record<string, string>>,
  by: { readonly apiKey: string; readonly secret: Buffer; readonly nonce: string; readonly created: number },
): Record<string, string> {
  const { apiKey, secret, nonce, created } = by;
  const all = { ...headers, 'x-api-key': apiKey };
  const list = COVERED.map((name) => `"${name}"`).join(' ');
  const times = `created=${created};expires=${created + MAX_AGE}`;
  const params = `(${list});keyid="${apiKey}";nonce="${nonce}";alg="hmac-sha256";${times}`;
  const lines = COVERED.map((name) => `"${name}": ${componentOf(name, url, all) ?? ''}`);
  const base = [...lines, `"@signature-params": ${params}`].join('\n');
  return { ...all, 'signature-input': `sig1=${params}`, signature: `sig1=:${hmac(secret, base)}:` };
}
