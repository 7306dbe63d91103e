import type { Answer, Answers } from '../../shared/answers.ts';
import { readAnswerRequest, type AnswerReply } from './answer-messages.ts';

/** Milliseconds one process has to make what others may be waiting for. */
const MAKE_TIMEOUT = 10_000;

/** The answers all processes share, as one of them asks for them: the other end of `remoteAnswers`. */
export interface HostedAnswers {
  /** True when the message was for us. */
  receive(message: unknown): boolean;
  /** The process is gone: what it was making, it did not make. */
  release(): void;
}

/** `send`: to that process. */
export function hostedAnswers(shared: Answers, send: (reply: AnswerReply) => void): HostedAnswers {
  const making = new Map<number, (answer: Answer | null) => void>();

  function makeThere(id: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const settle = (answer: Answer | null): void => {
        clearTimeout(timer);
        making.delete(id);
        if (answer) resolve(answer);
        else reject(new Error('it was not made'));
      };
      const timer = setTimeout(settle, MAKE_TIMEOUT, null);
      making.set(id, settle);
      send({ type: 'answer-make', id });
    });
  }

  return {
    receive(message) {
      const request = readAnswerRequest(message);
      if (request?.type === 'answer-made') making.get(request.id)?.(request.answer);
      if (request?.type === 'answer-once') {
        const { id, key } = request;
        void shared
          .once(key, () => makeThere(id))
          .catch(() => null)
          .then((response) => send({ type: 'answer-is', id, response }));
      }
      return request !== null;
    },
    release() {
      for (const settle of making.values()) settle(null);
    },
  };
}
