import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../../shared/errors.ts';
import type { SessionRecord, SessionStore } from '../sessions/store.ts';

/** Milliseconds a replica has to end a session that it is told to stop: it needs one, unless it is gone. */
export const STOP_TIMEOUT = 5000;
/** Milliseconds after which it is told again: what was said while it took the session over was not heard. */
const ASK_AGAIN = 1000;
/** Milliseconds between looks at whether it has. */
const LOOK_AGAIN = 50;

/**
 * Ends a session, on whichever replica it lives. Resolves with it when it has ended (also before), or with null when it
 * is not known (any more). Rejects with ERR_STOP_UNCONFIRMED, or as the store does.
 */
export async function stopSession(sessions: SessionStore, id: string): Promise<SessionRecord | null> {
  for (let waited = 0; waited <= STOP_TIMEOUT; waited += LOOK_AGAIN) {
    const record = await sessions.find(id);
    if (!record || record.ending) return record;
    if (waited % ASK_AGAIN === 0) await sessions.stop(id);
    await sleep(LOOK_AGAIN);
  }
  throw new GatewayError(
    'ERR_STOP_UNCONFIRMED',
    `the gateway that has this call did not end it within ${STOP_TIMEOUT / 1000} s: ask again, or see whether it runs`,
  );
}
