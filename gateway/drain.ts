import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { LINGER } from './limits.ts';
import type { LiveCalls } from './live.ts';
import type { Log } from './log.ts';
import type { SessionStore } from './sessions/store.ts';

export interface Drain {
  /** Balancers should send nobody here any more: /readyz says so, and connections are not kept alive. */
  readonly isLeaving: () => boolean;
  /** New calls are refused. */
  readonly isDraining: () => boolean;
  /** See Gateway.drain. */
  readonly drain: () => Promise<void>;
}

export interface DrainOptions {
  readonly server: Server;
  readonly live: LiveCalls;
  readonly sessions: SessionStore;
  /** Milliseconds in which new calls are still taken, because balancers need a moment to see that we leave. */
  readonly drainDelay: number;
  /** Milliseconds live calls may go on after that. */
  readonly drainTimeout: number;
  readonly log: Log;
}

export function drainOf(options: DrainOptions): Drain {
  const { server, live, sessions, drainDelay, drainTimeout, log } = options;
  let isLeaving = false;
  let isDraining = false;
  const hurry = new AbortController();
  const underway = new Set<ServerResponse>();
  server.prependListener('request', (_request, response) => {
    if (isLeaving) response.shouldKeepAlive = false;
    underway.add(response);
    response.once('close', () => underway.delete(response));
  });

  return {
    isLeaving: () => isLeaving,
    isDraining: () => isDraining,
    async drain() {
      const patience = isLeaving ? 0 : drainTimeout;
      log.info({ calls: live.size, seconds: patience / 1000 }, 'draining');
      if (isLeaving) hurry.abort();
      else if (drainDelay > 0) {
        isLeaving = true;
        await sleep(drainDelay, null, { signal: hurry.signal }).catch(() => {});
        server.closeIdleConnections(); // no balancer can take the next request of such a connection elsewhere
      }
      isLeaving = true;
      isDraining = true;
      const late = setTimeout(() => live.closeAll(1001, 'shutting down'), patience);
      await live.emptied();
      clearTimeout(late);
      const answered = Promise.all([...underway].map((response) => once(response, 'close')));
      await Promise.race([answered, sleep(LINGER, null, { ref: false })]);
      await sessions.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
