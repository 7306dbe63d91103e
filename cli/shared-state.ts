import type { Config } from '../gateway/config/config.ts';
import type { Log } from '../gateway/log.ts';
import { memoryStore } from '../gateway/sessions/memory.ts';
import type { SessionStore } from '../gateway/sessions/store.ts';
import { memoryAnswers, type Answers, type MemoryAnswersOptions } from '../shared/answers.ts';

/** What all processes of a gateway share, and all its replicas where it is kept in Redis. */
export interface SharedState {
  readonly sessions: SessionStore;
  readonly answers: (options: MemoryAnswersOptions) => Answers;
}

/** As the configuration says: in this process, or in Redis. Never rejects for a Redis that is not there. */
export async function openSharedState(config: Config, log: Log): Promise<SharedState> {
  const { store, secrets, limits } = config;
  if (store) {
    const { openRedis } = await import('../gateway/sessions/redis/open.ts'); // a client that only they wait for
    return openRedis({ target: store, secrets, limits, log, now: Date.now });
  }
  return { sessions: memoryStore(limits, Date.now), answers: memoryAnswers };
}
