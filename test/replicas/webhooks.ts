import { inParallel } from '../attacks/raw.ts';
import { callName } from './front.ts';
import { atMost, exactly, only } from './rows.ts';
import { onStage, type Part } from './stage.ts';

const CALLS = 200;
/** Calls at once; each comes to all replicas at once. */
const WIDTH = 8;
/** A name of its own among the calls of all parts. */
const KIND = 0xffff;

/** A carrier that sends each webhook to all replicas at the same moment, and once more later. */
export const webhooks: Part = (options) =>
  onStage(options, async (stage) => {
    const { front, replicas, agents, api } = stage;
    const [agent = ''] = agents;
    const calls = Array.from({ length: CALLS }, (_, index) => callName(KIND, index));
    const documents: string[][] = [];
    const statuses: number[] = [];
    let slowest = 0;

    const ringAll = (): Promise<void> =>
      inParallel(calls, WIDTH, async (call, index) => {
        const since = performance.now();
        const answers = await Promise.all(replicas.map(({ port }) => front.ring(agent, call, port)));
        slowest = Math.max(slowest, performance.now() - since);
        statuses.push(...answers.map(({ status }) => status));
        (documents[index] ??= []).push(...answers.map(({ text }) => text));
      });
    await ringAll();
    options.say('all once more');
    await ringAll();

    const tokens = documents.map((ones) => [...new Set(ones.map(tokenIn))]);
    const [first] = replicas;
    const counts = first ? await api(first).counts(agent) : { reserved: NaN };
    return [
      only('statuses', 200, 2 * CALLS * replicas.length, statuses),
      only(
        'different documents for each call',
        1,
        CALLS,
        documents.map((ones) => new Set(ones).size),
      ),
      only(
        'tokens for each call',
        1,
        CALLS,
        tokens.map((ones) => ones.filter(Boolean).length),
      ),
      exactly('tokens of all calls', CALLS, new Set(tokens.flat().filter(Boolean)).size),
      exactly('sessions that wait', CALLS, counts.reserved),
      atMost('slowest answer of three', 2000, slowest, 'ms'),
      ...(await stage.judged(0)).slice(-1),
    ];
  });

function tokenIn(document: string): string {
  return /\/([\w-]{60,400}\.[\w-]{43})"/.exec(document)?.[1] ?? '';
}
