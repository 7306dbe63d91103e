import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { GatewayError } from '../shared/errors.ts';
import type { Call } from '../shared/provider.ts';

/** What the gateway says about a session when it dials its bot: `args` of a Pipecat bot. */
export interface DialFacts {
  /** Null for a client that is no gateway. */
  readonly sessionId: string | null;
  /** The session's body, up to 4,096 bytes of JSON. Undefined when there is none; longer ones are fetched: docs/protocol.md. */
  readonly body: unknown;
  /** Null for a session that no phone call began. */
  readonly call: (Call & { readonly provider: string }) | null;
}

/**
 * Reads an upgrade request; see `Session.request`. Anybody who can reach the bot can say these things: `authorize` makes sure
 * that it is the gateway. Throws ERR_REQUEST_INVALID when they are malformed.
 */
export function readDial({ url = '/', headers }: IncomingMessage): DialFacts {
  try {
    const body = new URL(url, 'ws://bot').searchParams.get('body');
    return {
      sessionId: textOf(headers['x-daily-session-id']) || null,
      body: body === null ? undefined : JSON.parse(Buffer.from(body, 'base64').toString()),
      call: readCall(headers),
    };
  } catch {
    // No `cause`: the parser's message quotes the body.
    throw new GatewayError(
      'ERR_REQUEST_INVALID',
      'the dial is not as the gateway writes it: body or x-call-…',
    );
  }
}

function readCall(headers: IncomingHttpHeaders): DialFacts['call'] {
  const [provider, id, from, to, direction] = ['provider', 'id', 'from', 'to', 'direction'].map((name) =>
    decodeURIComponent(textOf(headers[`x-call-${name}`])),
  );
  if (!provider || !id || (direction !== 'inbound' && direction !== 'outbound')) return null;
  return { provider, id, from: from ?? '', to: to ?? '', direction };
}

function textOf(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}
