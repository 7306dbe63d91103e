import type { Server } from 'node:http';
import type { LiveCalls } from './live.ts';
import type { Log } from './log.ts';
import type { SessionStore } from './sessions/store.ts';

export interface Drain {
  readonly isDraining: () => boolean;
  /** See Gateway.drain. */
  readonly drain: () => Promise<void>;
}

export interface DrainOptions {
  readonly server: Server;
  readonly live: LiveCalls;
  readonly sessions: SessionStore;
  /** Milliseconds live calls may go on. */
  readonly drainTimeout: number;
  readonly log: Log;
}

export function drainOf({ server, live, sessions, drainTimeout, log }: DrainOptions): Drain {
  let draining = false;
  return {
    isDraining: () => draining,
    async drain() {
      const patience = draining ? 0 : drainTimeout;
      draining = true;
      log.info({ calls: live.size, seconds: patience / 1000 }, 'draining');
      const late = setTimeout(() => live.closeAll(1001, 'shutting down'), patience);
      await live.emptied();
      clearTimeout(late);
      await sessions.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
