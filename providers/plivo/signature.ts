import { createHmac } from 'node:crypto';
import { validateV3Signature } from 'plivo/dist/utils/v3Security.js';
import { sameSecret } from '../../shared/compare.ts';
import { queryOf, readForm, type Form } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { SignatureCheck, UpgradeRequest } from '../../shared/provider.ts';
import { missing, refused } from '../../shared/refused-signature.ts';

/**
 * Base64 of one to four HMAC-SHA256, separated by commas as Plivo writes them. A header sent twice is joined with ", ",
 * which does not fit.
 */
const SHAPE = /^[A-Za-z0-9+/]{43}=(?:,[A-Za-z0-9+/]{43}=){0,3}$/;
const NONCE = /^[A-Za-z0-9\-._~+/=]{1,128}$/;

/**
 * Plivo's V3 signature; from the account of the call, or from its main account in the header with "Ma".
 *
 * The official validator compares with `===`, it trips over missing values, and `__proto__` in a query escapes it. So it
 * is asked last, about a signature that is already known to be right from a comparison in constant time: both must agree.
 *
 * @see https://docs.plivo.com/docs/voice/xml/request/validation (read 2026-11-21)
 */
export function verify(request: HttpRequest, authTokens: readonly string[]): SignatureCheck {
  const { url, headers, method } = request;
  const nonce = headers['x-plivo-signature-v3-nonce'];
  const given = [headers['x-plivo-signature-v3'], headers['x-plivo-signature-ma-v3']].filter(
    (value) => value !== undefined,
  );
  if (given.length === 0) return missing('X-Plivo-Signature-V3 or -Ma-V3');
  if (nonce === undefined) return missing('X-Plivo-Signature-V3-Nonce');
  if (!NONCE.test(nonce) || !given.every((value) => SHAPE.test(value))) {
    const header = NONCE.test(nonce) ? 'X-Plivo-Signature-V3' : 'X-Plivo-Signature-V3-Nonce';
    return refused('a V3 header is not in its shape', { type: 'malformed', header });
  }
  if (method !== 'GET' && method !== 'POST') return refused('neither GET nor POST');
  const form = paramsOf(request);
  if (!form) return refused('a parameter is repeated or not UTF-8');

  const signatures = given.flatMap((value) => value.split(','));
  for (const authToken of authTokens) {
    const expected = sign({ method, url, form, nonce }, authToken);
    const match = signatures.find((signature) => sameSecret(signature, expected));
    if (match === undefined) continue;
    if (isSigned(method, url, nonce, authToken, match, Object.fromEntries(form))) return { ok: true };
  }
  return refused('no V3 signature matches', { type: 'mismatch', ...hintOf(headers) });
}

function isSigned(...signed: Parameters<typeof validateV3Signature>): boolean {
  try {
    return validateV3Signature(...signed);
  } catch {
    return false; // nothing that the SDK cannot read was signed by Plivo
  }
}

/**
 * The same with method GET. Plivo's own stream SDKs read these headers on the upgrade, but no page says over which URL they
 * are made, and the SDKs disagree: each scheme counts, over our host and the path as received.
 *
 * @see https://github.com/plivo/plivo-stream-sdk-python (read 2026-11-21)
 */
export function verifyUpgrade(
  { url, headers }: UpgradeRequest,
  authTokens: readonly string[],
): SignatureCheck {
  const checks = ['wss', 'https', 'http', 'ws'].map((scheme) =>
    verify({ method: 'GET', url: url.replace(/^wss?/, scheme), headers, body: '' }, authTokens),
  );
  const [first = refused('no URL')] = checks;
  return checks.find(({ ok }) => ok) ?? first;
}

/** The two headers are made with two accounts' tokens: one alone says whose is needed. */
function hintOf({ 'x-plivo-signature-ma-v3': main }: HttpRequest['headers']): { hint?: string } {
  if (main !== undefined) return {};
  const hint =
    'only X-Plivo-Signature-V3 arrived, made by the (sub-)account that owns the call: set PLIVO_AUTH_TOKEN to the token of that account, or let your proxy pass X-Plivo-Signature-Ma-V3, made by its main account';
  return { hint };
}

/** Form parameters of a POST; none for a GET, whose URL holds them all. Null when a name repeats or a byte is not UTF-8. */
function paramsOf({ method, url, body }: HttpRequest): Form | null {
  const query = queryOf(url);
  const form = readForm(method === 'GET' ? '' : body);
  // The SDK decodes the query by Node's own rules, readCall by those of the web: they agree on UTF-8 only.
  return isDecodable(query) && readForm(query) ? form : null;
}

function isDecodable(query: string): boolean {
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
}

interface Signed {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly form: Form;
  readonly nonce: string;
}

/**
 * HMAC-SHA256 of the URL with its query decoded and sorted, the form (sorted, names and values run together, after "."
 * behind a query and after "?" otherwise), "." and the nonce.
 */
export function sign({ method, url, form, nonce }: Signed, authToken: string): string {
  const [address = ''] = url.split('?', 1);
  const query = sorted(new URLSearchParams(queryOf(url)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const posted = method === 'GET' ? '' : sorted(form).flat().join('');
  const before = query !== '' || posted !== '' ? '?' : '';
  const between = query !== '' && posted !== '' ? '.' : '';
  const signed = `${address}${before}${query}${between}${posted}.${nonce}`;
  return createHmac('sha256', authToken).update(signed).digest('base64');
}

function sorted(pairs: Iterable<[string, string]>): [string, string][] {
  return [...pairs].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
