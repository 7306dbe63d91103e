import { z } from 'zod';
import { memoryBook, MAX_REFUSALS, type Refusal, type RefusalBook } from '../gateway/explain/book.ts';
import { asker } from './worker-metrics.ts';

/** Milliseconds the supervisor has to show its book. */
const ANSWER_TIMEOUT = 2000;

/** Between a worker and its supervisor, who keeps the book of all of them. `id` is the asker's. */
type Message =
  | { readonly type: 'refusal'; readonly refusal: Refusal }
  | { readonly type: 'list-refusals'; readonly id: number }
  | { readonly type: 'refusals'; readonly id: number; readonly refusals: readonly Refusal[] };

const id = z.int();
const MessageData = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('refusal'),
    refusal: z.custom<Refusal>((value) => typeof value === 'object' && value !== null),
  }),
  z.strictObject({ type: z.literal('list-refusals'), id }),
  z.strictObject({
    type: z.literal('refusals'),
    id,
    refusals: z.array(z.custom<Refusal>()).max(MAX_REFUSALS),
  }),
]);

type Send = (message: Message) => void;
/** True when the message was about refusals. */
type Receive = (message: unknown) => boolean;

/** The supervisor's end: one book, whoever refused. */
export function hostedBook(book: RefusalBook = memoryBook()): (send: Send) => Receive {
  return (send) => (message) => {
    const { data } = MessageData.safeParse(message);
    if (data?.type === 'refusal') book.add(data.refusal);
    if (data?.type === 'list-refusals') {
      void book.list().then((refusals) => send({ type: 'refusals', id: data.id, refusals }));
    }
    return data !== undefined;
  };
}

/** A worker's end. When the supervisor does not answer, there is nothing to show. */
export function remoteBook(send: Send): { readonly book: RefusalBook; readonly receive: Receive } {
  const { ask, answered } = asker<readonly Refusal[]>(ANSWER_TIMEOUT);
  return {
    book: {
      add: (refusal) => send({ type: 'refusal', refusal }),
      list: async () => (await ask((own) => send({ type: 'list-refusals', id: own }))) ?? [],
    },
    receive(message) {
      const { data } = MessageData.safeParse(message);
      if (data?.type === 'refusals') answered(data.id, data.refusals);
      return data !== undefined;
    },
  };
}
