import { getExpectedTwilioSignature, validateRequest } from 'twilio/lib/webhooks/webhooks.js';
import { queryOf, readForm } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { SignatureCheck } from '../../shared/provider.ts';
import type { TwilioSettings } from './settings.ts';

/** Base64 of an HMAC-SHA1. A header sent twice is joined with ", " and does not fit. */
const SHAPE = /^[A-Za-z0-9+/]{27}=$/;

/**
 * HMAC-SHA1 over the public URL, for a POST followed by every form parameter as name then value, names sorted. A GET has
 * its parameters in the URL. The same holds for the upgrade to our WebSocket, whose URL is the `wss://` one we gave.
 *
 * The official validator also tries the URL with and without port, and with its query encoded anew: another spelling
 * of the same parameters is the same request.
 *
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security (read 2026-11-21)
 */
export function verify(request: HttpRequest, { accountSid, authTokens }: TwilioSettings): SignatureCheck {
  const { url, headers, body, method } = request;
  const given = headers['x-twilio-signature'];
  if (given === undefined) return refused('no X-Twilio-Signature header');
  if (!SHAPE.test(given)) return refused('X-Twilio-Signature is not one base64 HMAC-SHA1');
  if (!isPlainUrl(url)) return refused('the URL is not spelled as Twilio would request it');
  const query = readForm(queryOf(url));
  const form = readForm(body);
  if (!query || !form) return refused('repeated or too many parameters');
  const params: Record<string, string> = method === 'GET' ? {} : Object.fromEntries(form);
  try {
    if (!authTokens.some((token) => validateRequest(token, given, url, params))) {
      return refused('X-Twilio-Signature does not match');
    }
  } catch {
    return refused('the SDK could not read this request');
  }
  const account = form.get('AccountSid') ?? query.get('AccountSid');
  if (account !== undefined && account !== accountSid) return refused('AccountSid is not ours');
  return { ok: true };
}

/** The signature Twilio would send, from its own SDK. */
export function sign(url: string, params: Readonly<Record<string, string>>, authToken: string): string {
  return getExpectedTwilioSignature(authToken, url, params);
}

/**
 * Lower-case scheme and host, and a path without dot segments or anything a request line would escape: the validator's
 * normalised forms would make all of them equal.
 */
function isPlainUrl(url: string): boolean {
  const parts = /^(?:http|ws)s?:\/\/[a-z0-9.\-_[\]:]+(\/[^?#\\]*)?(?:\?[\x21\x22\x24-\x7e]*)?$/.exec(url);
  return parts !== null && URL.canParse(url) && new URL(url).pathname === (parts[1] ?? '/');
}

function refused(reason: string): SignatureCheck {
  return { ok: false, reason };
}
