import { refusal, type HttpHandler } from '../shared/http.ts';
import { bearerOf } from './keys.ts';
import { refusalOf } from './refusals.ts';
import type { SessionCredentials } from './secrets.ts';
import type { SessionStore } from './sessions/store.ts';

/** GET /v1/sessions/{id}/body: the JSON that was given to /start, for the bot that holds the session's credential. */
export function sessionBodyEndpoint(
  sessions: SessionStore,
  credentials: SessionCredentials,
): (sessionId: string) => HttpHandler {
  return (sessionId) => async (request) => {
    const credential = bearerOf(request.headers['authorization']);
    if (credential === null || !credentials.verify(sessionId, credential)) {
      return refusal(401, '401', 'Send the x-session-credential of the dial as "Authorization: Bearer …".');
    }
    try {
      const session = await sessions.read(sessionId);
      if (session?.body == null) return refusal(404, '404', 'This session is over, or has no body.');
      return { status: 200, headers: { 'content-type': 'application/json' }, body: session.body };
    } catch (error) {
      return refusalOf(error);
    }
  };
}
