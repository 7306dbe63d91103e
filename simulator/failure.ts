import { sentenceOf } from '../shared/http.ts';

/** Why a call did not go well, and what cures it. */
export interface Failure {
  readonly reason: string;
  readonly cure: string;
}

const curesOfStatus: Readonly<Record<number, string>> = {
  400: 'the numbers or the account are not what the gateway expects: check --from, --to and the credentials',
  403: 'sign with the credentials that the gateway has, and call its public URL exactly as configured (public_url): "hookswitch explain" says what differs',
  404: 'check the path: /webhooks/<provider>, and that the provider is switched on',
  429: 'the agent is at capacity: raise max_agents, or wait',
  503: 'the bot or the gateway is not ready: check that the bot listens, then the log of the gateway',
};

/** Of an HTTP answer that should have been another one. `body` may hold the gateway's sentence. */
export function failureOfStatus(status: number, body: string, begin = 'the webhook answered'): Failure {
  const sentence = sentenceOf(body);
  const moved =
    status >= 300 && status < 400
      ? 'name the URL that it redirects to: carriers are not to be redirected'
      : null;
  return {
    reason: `${begin} ${status}${sentence === '' ? '' : `: ${sentence}`}`,
    cure: moved ?? curesOfStatus[status] ?? 'look at the log of the gateway',
  };
}

const curesOfCode: Readonly<Record<number, string>> = {
  1001: 'the gateway was shutting down: call again',
  1006: 'the connection broke without a close frame: look for a crash, or a proxy in between that gives up',
  1008: 'the stream was not what the gateway expects, or was not read in time: look at its log',
  1009: 'a message was longer than the other side takes',
  1011: 'the bot failed: look at its log',
};

/** Of a stream that did not end with 1000. */
export function failureOfClosing(by: string, code: number, reason: string): Failure {
  return {
    reason: `the stream was closed by the ${by} with ${code}${reason === '' ? '' : ` "${reason}"`}`,
    cure: curesOfCode[code] ?? 'look at the logs of the bot and the gateway',
  };
}
