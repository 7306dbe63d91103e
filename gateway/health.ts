import { json, type HttpHandler, type HttpResponse } from '../shared/http.ts';
import { RETRY_AFTER } from './limits.ts';
import type { LagWatch } from './observe/lag.ts';
import type { SessionStore } from './sessions/store.ts';

/** GET /livez: the process answers. */
export const livez: HttpHandler = async () => json(200, { status: 'ok' });

/**
 * GET /readyz: new calls may come here. 503 while draining, while the event loop is late, and while the session store
 * does not answer.
 */
export function readyz(
  sessions: SessionStore,
  isLeaving: () => boolean,
  lag: Pick<LagWatch, 'isLate'>,
): HttpHandler {
  return async () => {
    if (isLeaving()) return notReady('draining');
    if (lag.isLate) return notReady('this process is overloaded');
    try {
      await sessions.ping();
      return json(200, { status: 'ok' });
    } catch {
      return notReady('the session store does not answer');
    }
  };
}

function notReady(status: string): HttpResponse {
  return json(503, { status }, { 'retry-after': String(RETRY_AFTER) });
}
