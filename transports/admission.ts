import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** Why an upgrade is not accepted. */
export interface Refusal {
  readonly status: 400 | 403 | 500 | 503;
  /** Cause and cure. */
  readonly sentence: string;
}

export interface AdmissionOptions {
  readonly allowedOrigins: readonly string[] | null;
  readonly authorize: ((request: IncomingMessage) => boolean | Promise<boolean>) | undefined;
}

/** Null for who may come in. */
export async function admit(
  request: IncomingMessage,
  { allowedOrigins, authorize }: AdmissionOptions,
): Promise<Refusal | null> {
  if (!isOriginAllowed(request.headers.origin, allowedOrigins)) {
    return { status: 403, sentence: 'this origin may not connect: list it in allowedOrigins' };
  }
  try {
    if (authorize && !(await authorize(request))) {
      return { status: 403, sentence: 'this connection was not authorised: connect through the gateway' };
    }
  } catch {
    return { status: 500, sentence: 'the connection could not be authorised: see the log of the bot' };
  }
  return null;
}

/** Null lets programs in, which have no origin, and no web page. With a list, everybody needs an origin that is in it. */
function isOriginAllowed(origin: string | undefined, allowed: readonly string[] | null): boolean {
  if (allowed === null) return origin === undefined;
  return (
    allowed.includes('*') || allowed.some((entry) => entry.toLowerCase() === (origin ?? '').toLowerCase())
  );
}

const REASONS: Readonly<Record<Refusal['status'], string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Answers an upgrade with a refusal instead of a 101. */
export function refuse(wire: Duplex, { status, sentence }: Refusal): void {
  const body = JSON.stringify({ error: sentence, code: String(status) });
  // A peer that never closes its side would keep the descriptor.
  wire.once('finish', () => wire.destroy());
  wire.end(
    `HTTP/1.1 ${status} ${REASONS[status]}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
