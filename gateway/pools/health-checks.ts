import { get as getHttp, type ClientRequest } from 'node:http';
import { get as getHttps } from 'node:https';
import { deadline } from '../deadline.ts';
import { HEALTH_TIMEOUT, MAX_HEADER_BYTES } from '../limits.ts';
import { destinationOf, type Bot } from './bots.ts';

export interface HealthChecks {
  readonly start: () => void;
  readonly stop: () => void;
}

export interface HealthCheckOptions {
  /** Asked for with GET at every bot. */
  readonly path: string;
  /** Milliseconds from one check of a bot to the next. */
  readonly interval: number;
  readonly bots: () => readonly Bot[];
  /** Told about every check: null when its answer was 2xx. */
  readonly checked: (url: string, failure: Error | null) => void;
}

/** Asks every bot how it is, now and then; never one bot twice at a time. */
export function healthChecks({ path, interval, bots, checked }: HealthCheckOptions): HealthChecks {
  const underWay = new Map<string, ClientRequest>();
  let timer: NodeJS.Timeout | undefined;

  function checkAll(): void {
    for (const bot of bots()) {
      if (underWay.has(bot.url)) continue;
      const request = check(bot, path, (failure) => {
        if (underWay.delete(bot.url)) checked(bot.url, failure);
      });
      underWay.set(bot.url, request);
    }
  }

  return {
    start() {
      checkAll();
      timer = setInterval(checkAll, interval);
    },
    stop() {
      clearInterval(timer);
      const requests = [...underWay.values()];
      underWay.clear();
      for (const request of requests) request.destroy();
    },
  };
}

/** One GET; only the status of its answer is looked at. `done`: told once, null when it was 2xx. */
function check(bot: Bot, path: string, done: (failure: Error | null) => void): ClientRequest {
  const { protocol, host } = new URL(bot.named);
  const request = (protocol === 'wss:' ? getHttps : getHttp)({
    ...destinationOf(bot),
    path,
    headers: { host },
    agent: false,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  let outcome: Error | null | undefined;
  const settle = (result: Error | null): void => {
    if (outcome === undefined) outcome = result;
    request.destroy();
  };
  const callOff = deadline(
    () => settle(new Error(`no answer to the health check within ${HEALTH_TIMEOUT / 1000} s`)),
    HEALTH_TIMEOUT,
  );
  request
    .once('response', ({ statusCode = 0 }) => {
      const isGood = statusCode >= 200 && statusCode < 300;
      settle(isGood ? null : new Error(`the health check was answered with status ${statusCode}`));
    })
    .on('error', settle)
    .once('close', () => {
      callOff();
      done(outcome === undefined ? new Error('no answer to the health check') : outcome);
    });
  return request;
}
