import { getExpectedTwilioSignature, validateRequest } from 'twilio/lib/webhooks/webhooks.js';
import { queryOf, readForm } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { SignatureCheck, SignatureFlaw, UpgradeRequest } from '../../shared/provider.ts';
import { malformed, missing, refused } from '../../shared/refused-signature.ts';
import type { TwilioSettings } from './settings.ts';

/** Base64 of an HMAC-SHA1. A header sent twice is joined with ", " and does not fit. */
const SHAPE = /^[A-Za-z0-9+/]{27}=$/;

/**
 * HMAC-SHA1 over the public URL, for a POST followed by every form parameter as name then value, names sorted. A GET has
 * its parameters in the URL. The same holds for the upgrade to our WebSocket, whose URL is the `wss://` one we gave.
 *
 * The official validator also tries the URL with and without port, and with its query encoded anew: another spelling
 * of the same parameters is the same request. `header`: dialects carry it under another name.
 *
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security (read 2026-11-21)
 */
export function verify(
  request: HttpRequest,
  { accountSid, authTokens }: TwilioSettings,
  header: string = 'X-Twilio-Signature',
): SignatureCheck {
  const { url, headers, body, method } = request;
  const given = headers[header.toLowerCase()];
  if (given === undefined) return missing(header);
  if (!SHAPE.test(given)) return malformed(header, 'one base64 HMAC-SHA1');
  if (!isPlainUrl(url)) return refused('the URL is not spelled as Twilio would request it');
  const query = readForm(queryOf(url));
  const form = readForm(body);
  if (!query || !form) return refused('repeated or too many parameters');
  const params: Record<string, string> = method === 'GET' ? {} : Object.fromEntries(form);
  const flaw = flawOf(form.get('AccountSid') ?? query.get('AccountSid'), accountSid);
  const matches = authTokens.some((token) => isSigned(token, given, url, params));
  if (!matches) return refused(`${header} does not match`, flaw);
  return flaw.type === 'account' ? refused('AccountSid is not ours', flaw) : { ok: true };
}

/** What is wrong if anything is: another account has another token. */
function flawOf(account: string | undefined, ours: string): SignatureFlaw {
  return account === undefined || account === ours ? { type: 'mismatch' } : { type: 'account', account };
}

function isSigned(...signed: Parameters<typeof validateRequest>): boolean {
  try {
    return validateRequest(...signed);
  } catch {
    return false; // nothing that the SDK cannot read was signed by Twilio
  }
}

/**
 * The same over the `wss://` URL of the document, without parameters. Whether it is signed with a slash at its end where
 * the document has none is not documented: both count.
 *
 * @see https://www.twilio.com/docs/global-infrastructure/firewall-configurations/media-streams-configuration (read
 * 2026-11-21)
 */
export function verifyUpgrade(
  { url, headers }: UpgradeRequest,
  settings: TwilioSettings,
  header?: string,
): SignatureCheck {
  const check = (spelling: string): SignatureCheck =>
    verify({ method: 'GET', url: spelling, headers, body: '' }, settings, header);
  const asGiven = check(url);
  return asGiven.ok || url.includes('?') || !check(`${url}/`).ok ? asGiven : { ok: true };
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
