import { GatewayError } from '../../shared/errors.ts';
import {
  readStoreValue,
  type StoreAnswer,
  type StoreQuestion,
  type StoreRequest,
  type StoreResult,
  type StoreValue,
} from './store-messages.ts';

/** Questions without an answer at once: more are refused, so that memory is bounded while nobody answers. */
export const MAX_QUESTIONS = 10_000;

export interface QuestionOptions {
  /** Throws when the other process is gone. */
  readonly send: (question: StoreQuestion) => void;
  /** Milliseconds to wait for an answer. */
  readonly timeout: number;
  /** Something was done after its asker had been told that it was not. */
  readonly onLate: (request: StoreRequest, value: unknown) => void;
}

/** Questions on their way to another process, each with the answer it waits for. */
export interface Questions {
  /** Rejects as the store does, and with ERR_STORE_UNAVAILABLE when no answer comes in time. */
  readonly ask: <R extends StoreRequest>(request: R) => Promise<StoreValue<R['method']>>;
  readonly answered: (answer: StoreAnswer) => void;
  /** The other process is gone: nothing will be answered any more. */
  readonly lost: () => void;
}

export function questions({ send, timeout, onLate }: QuestionOptions): Questions {
  const waiting = new Map<number, (result: StoreResult) => void>();
  let isLost = false;
  let count = 0;

  function ask<R extends StoreRequest>(request: R): Promise<StoreValue<R['method']>> {
    if (isLost) return Promise.reject(errorOf(gone));
    if (waiting.size >= MAX_QUESTIONS) return Promise.reject(errorOf(unavailable('has too much to answer')));
    const id = count++;
    return new Promise((resolve, reject) => {
      let isLate = false;
      const settle = (value: unknown): void => {
        try {
          resolve(readStoreValue<R['method']>(request.method, value));
        } catch {
          reject(errorOf(unavailable('does not answer what was asked')));
        }
      };
      const timer = setTimeout(() => {
        isLate = true;
        reject(errorOf(unavailable(`did not answer in ${timeout / 1000} s`)));
      }, timeout);
      waiting.set(id, (result) => {
        clearTimeout(timer);
        waiting.delete(id);
        if ('error' in result) reject(errorOf(result));
        else if (isLate) onLate(request, result.value);
        else settle(result.value);
      });
      try {
        send({ type: 'store', id, request });
      } catch {
        waiting.get(id)?.(gone);
      }
    });
  }

  return {
    ask,
    answered: ({ id, result }) => waiting.get(id)?.(result),
    lost() {
      isLost = true;
      for (const settle of waiting.values()) settle(gone);
    },
  };
}

type Failed = Extract<StoreResult, { error: unknown }>;

function unavailable(what: string): Failed {
  const message = `the process that holds the sessions ${what}: try again`;
  return { error: { code: 'ERR_STORE_UNAVAILABLE', message } };
}

const gone: Failed = unavailable('is gone');

function errorOf({ error: { code, message } }: Failed): GatewayError {
  return new GatewayError(code, message);
}
