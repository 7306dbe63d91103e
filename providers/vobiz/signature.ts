import { createHash, createHmac } from 'node:crypto';
import { sameSecret } from '../../shared/compare.ts';
import { queryOf, readForm } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { SignatureCheck } from '../../shared/provider.ts';
import { malformed, refused } from '../../shared/refused-signature.ts';

/** Base64 of one HMAC-SHA256. A header sent twice is joined with ", " and does not fit. */
const SHAPE = /^[A-Za-z0-9+/]{43}=$/;
/** Vobiz writes 20 digits. */
const NONCE = /^[A-Za-z0-9\-._~+/=]{16,128}$/;

/**
 * Signatures whose request is remembered. About 100 bytes each: 10 MB. What is forgotten could be played again, which
 * takes a hundred thousand newer calls, and a request that somebody has read under TLS.
 */
export const MAX_REMEMBERED = 100_000;

export type Verify = (request: HttpRequest) => SignatureCheck;

/**
 * Vobiz's V3 signature: HMAC-SHA256 of the URL without its query, "." and a nonce; with the token of the account, or of
 * its parent in the header with "MA".
 *
 * It says nothing about query and body, so that whoever has seen one genuine request could send any other to the same
 * path. Hence a nonce belongs to the first request that came with it: the very same may come again, as Vobiz tries up to
 * three times, and no other one. That is known to this object only: each process has its own.
 *
 * @see https://docs.vobiz.ai/concepts/validating-callbacks (read 2026-11-21)
 */
export function verifier(authTokens: readonly string[], max: number = MAX_REMEMBERED): Verify {
  /** Digests of requests by nonce, oldest first. */
  const firsts = new Map<string, string>();

  function isFirst(nonce: string, request: HttpRequest): boolean {
    const digest = digestOf(request);
    const first = firsts.get(nonce);
    if (first !== undefined) return sameSecret(first, digest);
    const [oldest] = firsts.keys();
    if (firsts.size >= max && oldest !== undefined) firsts.delete(oldest);
    firsts.set(nonce, digest);
    return true;
  }

  return (request) => {
    const { url, headers, method, body } = request;
    const nonce = headers['x-vobiz-signature-v3-nonce'];
    const given = [headers['x-vobiz-signature-v3'], headers['x-vobiz-signature-ma-v3']].filter(
      (value) => value !== undefined,
    );
    if (given.length === 0) return absent('X-Vobiz-Signature-V3 or -MA-V3');
    if (nonce === undefined) return absent('X-Vobiz-Signature-V3-Nonce');
    if (!given.every((value) => SHAPE.test(value))) return malformed('X-Vobiz-Signature-V3', 'in its shape');
    if (!NONCE.test(nonce)) return malformed('X-Vobiz-Signature-V3-Nonce', 'in its shape');
    if (method !== 'GET' && method !== 'POST') return refused('neither GET nor POST');
    if (!readForm(queryOf(url)) || !readForm(body)) return refused('repeated or too many parameters');
    const matches = authTokens.some((token) => {
      const expected = sign(url, nonce, token);
      return given.filter((value) => sameSecret(value, expected)).length > 0;
    });
    if (!matches) return refused('no V3 signature matches');
    return isFirst(nonce, request) ? { ok: true } : refused('the nonce came before with another request');
  };
}

/** The V3 signature of a request to `url`, whatever its method, query and body. */
export function sign(url: string, nonce: string, authToken: string): string {
  const [address = ''] = url.split('?', 1);
  return createHmac('sha256', authToken).update(`${address}.${nonce}`).digest('base64');
}

function digestOf({ method, url, body }: HttpRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([method, url, body]))
    .digest('base64');
}

function absent(header: string): SignatureCheck {
  return refused(`no ${header} header: does the URL have auth credentials in Vobiz's console?`, {
    type: 'missing',
    header,
  });
}
