import type { FrameListener } from './inbox.ts';

/** What can be listened to, one thing at a time. */
interface Source<In> {
  readonly listen: (listener: FrameListener<In>) => Promise<void>;
  readonly leave: () => void;
}

/** For `for await`: the next frame is taken when the loop asks for it. Leaving the loop leaves the rest where it is. */
export function iterate<In>({ listen, leave }: Source<In>): AsyncIterable<In> {
  return {
    [Symbol.asyncIterator]() {
      const over = { done: true, value: undefined } as const;
      let release: (() => void) | null = null;
      let waiting: ((result: IteratorResult<In>) => void) | null = null;
      let state: 'new' | 'listening' | 'over' = 'new';

      function answer(result: IteratorResult<In>): void {
        waiting?.(result);
        waiting = null;
      }

      function hear(value: In): Promise<void> {
        answer({ done: false, value });
        return new Promise((resolve) => (release = resolve));
      }

      async function begin(): Promise<void> {
        state = 'listening';
        await listen(hear);
        state = 'over';
        answer(over);
      }

      return {
        next() {
          if (state === 'over') return Promise.resolve(over);
          return new Promise((resolve, reject) => {
            waiting = resolve;
            release?.();
            if (state === 'new') begin().catch(reject);
          });
        },
        async return() {
          if (state === 'listening') leave();
          state = 'over';
          release?.();
          return over;
        },
      };
    },
  };
}
