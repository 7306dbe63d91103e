import type { Answer, Answers, MemoryAnswersOptions } from '../../shared/answers.ts';
import type { HttpResponse } from '../../shared/http.ts';
import { readAnswerReply, type AnswerRequest } from './answer-messages.ts';

/** Milliseconds until a webhook is answered without the others: a carrier waits 15 s, and its caller hears nothing. */
export const ANSWER_TIMEOUT = 5000;

export interface RemoteAnswersOptions {
  readonly send: (request: AnswerRequest) => void;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** Answers that are remembered in another process, by `hostedAnswers`. */
export interface RemoteAnswers {
  /** Takes the place of `memoryAnswers`. When the other process does not answer: `whenFull`, which starts nothing. */
  readonly answers: (options: Pick<MemoryAnswersOptions, 'whenFull'>) => Answers;
  /** True when the message was for us. */
  readonly receive: (message: unknown) => boolean;
  /** The other process is gone. */
  readonly lost: () => void;
}

interface Waiting {
  readonly make: () => Promise<Answer>;
  readonly settle: (response: HttpResponse | null) => void;
}

export function remoteAnswers({ send, timeout = ANSWER_TIMEOUT }: RemoteAnswersOptions): RemoteAnswers {
  const waiting = new Map<number, Waiting>();
  let isLost = false;
  let count = 0;

  function ask(key: string, makeIt: () => Promise<Answer>): Promise<HttpResponse | null> {
    if (isLost) return Promise.resolve(null);
    const id = count++;
    return new Promise((resolve) => {
      const settle = (response: HttpResponse | null): void => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(response);
      };
      const timer = setTimeout(settle, timeout, null);
      waiting.set(id, { make: makeIt, settle });
      send({ type: 'answer-once', id, key });
    });
  }

  async function make(id: number): Promise<void> {
    const answer = await waiting
      .get(id)
      ?.make()
      .catch(() => null);
    send({ type: 'answer-made', id, answer: answer ?? null });
  }

  return {
    answers: ({ whenFull }) => ({
      once: async (key, makeIt) => (await ask(key, makeIt)) ?? whenFull(),
    }),
    receive(message) {
      const reply = readAnswerReply(message);
      if (reply?.type === 'answer-make') void make(reply.id);
      if (reply?.type === 'answer-is') waiting.get(reply.id)?.settle(reply.response);
      return reply !== null;
    },
    lost() {
      isLost = true;
      for (const { settle } of waiting.values()) settle(null);
    },
  };
}
