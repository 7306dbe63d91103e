import { fieldsIn, type Fields } from '../../shared/fields.ts';
import { formOf } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { isParty, withPlus } from '../../shared/party.ts';
import type { Call } from '../../shared/provider.ts';
import { UUID } from '../../shared/uuid.ts';

export const CONVERSATION: RegExp = /^CON-[0-9a-f-]{36}$/;
/** What `client:` may be followed by in a party of ours. */
const USER = /^[A-Za-z0-9_.@-]{1,128}$/;

/**
 * One call, or null: the answer webhook, by GET or as JSON; or the `notify` action of our own document, which brings back
 * what we put into its `payload`. Numbers have no "+". A caller from Vonage's Client SDK has `from_user` instead of `from`.
 *
 * @see https://developer.vonage.com/voice/voice-api/webhook-reference (read 2026-11-21)
 */
export function readCall(request: HttpRequest): Call | null {
  const member = readerOf(request);
  if (!member) return null;
  const id = member('uuid');
  const from = fromOf(member);
  const to = withPlus(member('to'));
  if (!UUID.test(id) || !CONVERSATION.test(member('conversation_uuid'))) return null;
  if (!isParty(from) || !isParty(to)) return null;
  return { id, from, to, direction: 'inbound' };
}

type Reader = (name: string) => string;

function fromOf(member: Reader): string {
  const user = member('from_user');
  return member('from') === '' && USER.test(user) ? `client:${user}` : withPlus(member('from'));
}

function readerOf(request: HttpRequest): Reader | null {
  if (request.method === 'GET') {
    const form = formOf(request);
    return form && ((name) => form.get(name) ?? '');
  }
  const fields = fieldsIn(request.body);
  if (!fields) return null;
  const ours = fields.strings('payload');
  // Names of the carrier count first: what we sent along is only asked where it has none.
  return (name) => (fields.has(name) ? textIn(fields, name) : (ours[name] ?? ''));
}

/** Empty for what is no text. */
function textIn(fields: Fields, name: string): string {
  try {
    return fields.string(name);
  } catch {
    return '';
  }
}
