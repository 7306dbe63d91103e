import type { Answers, MemoryAnswersOptions } from '../../../shared/answers.ts';
import type { Limits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { MasterSecret } from '../../secrets.ts';
import type { SessionStore } from '../store.ts';
import { redisAnswers } from './answers.ts';
import { keys } from './keys.ts';
import { RedisLink } from './link.ts';
import { presence } from './presence.ts';
import { redisStore } from './store.ts';
import type { RedisTarget } from './target.ts';

export interface OpenRedisOptions {
  readonly target: RedisTarget;
  readonly secrets: readonly MasterSecret[];
  readonly limits: Pick<Limits, 'maxPending' | 'maxHistory'>;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds; OPERATION_TIMEOUT when not given. */
  readonly timeout?: number;
  /** Milliseconds; BEAT when not given. */
  readonly beat?: number;
}

/** What the replicas share. */
export interface RedisState {
  readonly sessions: SessionStore;
  /** Takes the place of `memoryAnswers`. */
  readonly answers: (options: Pick<MemoryAnswersOptions, 'ttl' | 'whenFull'>) => Answers;
}

/** Connects. Resolves when that has worked, or has not: a gateway without Redis runs, and refuses calls until it is there. */
export async function openRedis(options: OpenRedisOptions): Promise<RedisState> {
  const { target, secrets, limits, log, now } = options;
  const here = presence({ ...options, link: () => link });
  const link = new RedisLink({
    target,
    timeout: options.timeout,
    log,
    channel: keys.stop,
    onMessage: (id) => here.stopped(id),
    onUp: () => here.up(),
  });
  await link.tried;
  return {
    sessions: redisStore({ link, presence: here, now, limits }),
    answers: redisAnswers(link, secrets),
  };
}
