import { signDial } from '../shared/bot-signature.ts';
import { withQuery } from '../shared/form.ts';
import type { DialTarget } from './dial.ts';
import type { CallObserver } from './observe/observer.ts';
import type { Bot } from './pools/bots.ts';
import { toQueryBody } from './query-body.ts';
import type { SessionCredentials } from './secrets.ts';
import type { Session } from './sessions/store.ts';

export interface BotRequestOptions {
  readonly credentials: SessionCredentials;
  /** http(s):// URL under which bots reach this gateway, without a slash at its end. */
  readonly internalUrl: string;
  /** Shared with bots that verify `x-gateway-signature`; null sends none. */
  readonly botSecret: string | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Watches this one call. */
  readonly visit: CallObserver;
}

/** What a bot is told when it is dialled. Nothing that the caller holds is ever in it. */
export function botTarget(bot: Bot, session: Session, options: BotRequestOptions): DialTarget {
  const headers = {
    'x-daily-session-id': session.id,
    ...bodyHeaders(session, options),
    ...callHeaders(session),
    ...proof(bot.named, session, options),
    ...options.visit.dialHeaders(),
  };
  return { bot, url: withBody(bot.named, session.body), headers };
}

function bodyHeaders(
  { id, body }: Session,
  { credentials, internalUrl }: BotRequestOptions,
): Record<string, string> {
  if (body === null) return {};
  return {
    'x-session-body-url': `${internalUrl}/v1/sessions/${id}/body`,
    'x-session-credential': credentials.issue(id),
  };
}

function proof(url: string, { id }: Session, { botSecret, now }: BotRequestOptions): Record<string, string> {
  if (botSecret === null) return {};
  return { 'x-gateway-signature': signDial(botSecret, id, new URL(url).pathname, now()) };
}

/** Percent-encoded, absent when unknown. */
function callHeaders({ provider, call }: Session): Record<string, string> {
  if (!call) return {};
  const { id, from, to, direction } = call;
  const facts = { provider, id, from, to, direction };
  return Object.fromEntries(
    Object.entries(facts)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [`x-call-${name}`, percentEncoded(value)]),
  );
}

/** JSON can hold half a character, which `encodeURIComponent` throws at: it becomes U+FFFD, as everywhere in UTF-8. */
function percentEncoded(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

function withBody(url: string, body: string | null): string {
  const encoded = body === null ? null : toQueryBody(body);
  if (encoded === null) return url;
  return withQuery(url, `body=${encoded}`);
}
