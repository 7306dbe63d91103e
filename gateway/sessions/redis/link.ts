import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, ErrorReply, type RedisClientType } from '@redis/client';
import { GatewayError } from '../../../shared/errors.ts';
import { deadline } from '../../deadline.ts';
import { loggedError, type Log } from '../../log.ts';
import type { RedisTarget } from './target.ts';

export type RedisClient = RedisClientType;
export type Batch = ReturnType<RedisClient['multi']>;

/** Milliseconds Redis has to answer: a caller is better served by a refusal within half a second, and tries again. */
export const OPERATION_TIMEOUT = 300;
/** Milliseconds without any answer after which the connection is given up: a slow disk takes shorter breaks. */
export const PATIENCE = 1000;
/** Milliseconds to connect and to say who we are. */
export const CONNECT_TIMEOUT = 500;
/** Milliseconds between attempts to connect. */
export const RETRY_DELAY = 200;
/** Operations without an answer at once: more are refused, so that memory is bounded while Redis is slow. */
export const MAX_OPERATIONS = 10_000;

export interface RedisLinkOptions {
  readonly target: RedisTarget;
  /** Milliseconds; OPERATION_TIMEOUT when not given. */
  readonly timeout?: number | undefined;
  readonly log: Log;
  /** Messages published there are told to `onMessage`. */
  readonly channel: string;
  readonly onMessage: (message: string) => void;
  /** Connected, for the first time or again. */
  readonly onUp: () => void;
}

/** One connection to Redis, made again whenever it is lost. Nothing ever waits for it to come back. */
export class RedisLink {
  /** Resolves with the first connection, or after an attempt at every host without one. */
  readonly tried: Promise<void>;

  readonly #options: RedisLinkOptions;
  readonly #timeout: number;
  readonly #closing = new AbortController();
  #current: RedisClient | null = null;
  #isDown = false;
  #operations = 0;
  /** When the first question was asked that nothing was answered after. Milliseconds of the monotonic clock. */
  #silentSince: number | null = null;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#timeout = options.timeout ?? OPERATION_TIMEOUT;
    this.tried = new Promise((tell) => void this.#connect(tell));
  }

  /**
   * Rejects with ERR_STORE_UNAVAILABLE: at once when Redis is not there, and within the timeout when it does not answer.
   * What was sent may have been done nevertheless.
   */
  async run<T>(operation: (client: RedisClient) => Promise<T>): Promise<T> {
    const client = this.#current;
    if (!client) throw unavailable('is not there');
    if (this.#operations >= MAX_OPERATIONS) throw unavailable('has too much to answer');
    this.#operations += 1;
    this.#silentSince ??= performance.now();
    try {
      return await inTime(this.#heard(operation(client)), this.#timeout);
    } catch (error) {
      const reply = error instanceof ErrorReply ? error.message : null;
      const isSlow =
        error instanceof TooLate && performance.now() - (this.#silentSince ?? Infinity) < PATIENCE;
      // An answer that says no leaves the connection sound; but whoever became a replica is the wrong one.
      if (reply === null ? !isSlow : reply.startsWith('READONLY')) this.#lost(client, error);
      throw unavailable(reply?.startsWith('OOM') ? 'has no memory left' : 'does not answer', error);
    } finally {
      this.#operations -= 1;
    }
  }

  /** Notes when it is answered, be it late. */
  #heard<T>(answer: Promise<T>): Promise<T> {
    const heard = (): void => {
      this.#silentSince = null;
    };
    answer.then(heard, (error: unknown) => error instanceof ErrorReply && heard());
    return answer;
  }

  /** Commands that are done in one round trip, with nothing of anybody else in between. Resolves with their answers. */
  together(fill: (batch: Batch) => void): Promise<unknown[]> {
    return this.run(async (client) => {
      const batch = client.multi();
      fill(batch);
      return batch.exec();
    });
  }

  close(): void {
    this.#closing.abort();
    const client = this.#current;
    this.#current = null;
    if (client) abandon(client);
  }

  /** Tries until it is connected, or closed. */
  async #connect(tell: () => void = () => {}): Promise<void> {
    const { target, onUp, log } = this.#options;
    const { signal } = this.#closing;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const client = clientOf(target, attempt);
      client
        .on('error', (error) => this.#lost(client, error))
        .on('end', () => this.#lost(client, new Error('hung up')));
      try {
        await inTime(greet(client, this.#options), CONNECT_TIMEOUT);
        if (signal.aborted) return abandon(client);
        this.#current = client;
        this.#silentSince = null;
        if (this.#isDown) log.info({}, 'Redis is back');
        this.#isDown = false;
        tell();
        return onUp();
      } catch (error) {
        abandon(client);
        this.#report(error);
        if (attempt + 1 >= target.hosts.length) tell();
      }
      await sleep(RETRY_DELAY, null, { signal }).catch(() => {});
    }
  }

  #lost(client: RedisClient, error: unknown): void {
    const wasCurrent = this.#current === client;
    if (wasCurrent) this.#current = null;
    abandon(client);
    if (!wasCurrent) return;
    this.#report(error);
    void this.#connect();
  }

  #report(error: unknown): void {
    const { log } = this.#options;
    if (!this.#isDown) log.error(loggedError(error), 'Redis is lost: new calls are refused until it is back');
    this.#isDown = true;
  }
}

export function clientOf(
  { hosts, username, password, database, tls }: RedisTarget,
  attempt: number,
): RedisClient {
  const { host, port } = hosts[attempt % hosts.length] ?? { host: '', port: 0 };
  const socket = { host, port, connectTimeout: CONNECT_TIMEOUT, reconnectStrategy: false } as const;
  const secure = tls
    ? ({ ...socket, tls: true, ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }) } as const)
    : socket;
  return createClient({
    socket: secure,
    database,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
  });
}

async function greet(client: RedisClient, { channel, onMessage }: RedisLinkOptions): Promise<void> {
  await client.connect();
  const { role } = await client.hello(3);
  if (role !== 'master') throw new Error('this is a replica, which cannot be written to');
  await client.subscribe(channel, onMessage);
}

/** Whatever waits for it is rejected. */
function abandon(client: RedisClient): void {
  if (client.isOpen) client.destroy();
}

class TooLate extends Error {}

/**
 * Rejects when there is no answer `timeout` milliseconds after the question was written: the client writes in the check
 * phase of the event loop. Timers set in a busy turn of the loop count from its beginning, so the rest is waited for.
 */
export function inTime<T>(promise: Promise<T>, timeout: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let callOff: () => void;
    const waitFor = (rest: number, since: number): void => {
      callOff = deadline(() => {
        const left = since + timeout - performance.now();
        if (left > 0) waitFor(left, since);
        else reject(new TooLate(`no answer within ${timeout / 1000} s`));
      }, rest);
    };
    const written = setImmediate(() => waitFor(timeout, performance.now()));
    callOff = () => clearImmediate(written);
    promise.finally(() => callOff()).then(resolve, reject);
  });
}

function unavailable(what: string, cause?: unknown): GatewayError {
  return new GatewayError('ERR_STORE_UNAVAILABLE', `the session store ${what}: try again`, { cause });
}
