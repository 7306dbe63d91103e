import type { Socket } from 'node:net';
import { closePayload, maskedFrame, plainFrame } from '../attacks/frame.ts';
import { inParallel } from '../attacks/raw.ts';
import { randomOf } from '../chaos/random.ts';
import { place } from './placed.ts';
import type { Progress } from './progress.ts';
import { sessionBot, type SessionBot } from './session-bot.ts';
import { soakedGateway, type Holding, type SoakedGateway } from './soaked-gateway.ts';

/** What a gateway held before the calls, at most after one, two and three tenths of them, and after all. */
export interface Churned {
  readonly before: Holding;
  readonly early: Holding;
  readonly after: Holding;
  /** Why calls did not go as they should. */
  readonly failures: readonly string[];
}

export interface ChurnOptions {
  readonly calls: number;
  readonly seed: number;
  readonly progress: Progress;
}

/** Calls at once. */
const WIDTH = 50;
/** Ended calls that the gateway remembers: full long before the first measurement, since it is meant to grow until then. */
const HISTORY = 100;
/** Milliseconds for a call, from its end to the last connection closed. */
const PATIENCE = 10_000;

const goodbye = { opcode: 8, payload: closePayload(1000) };
const fromCaller = {
  hello: maskedFrame({ opcode: 1, payload: 'hello' }),
  goodbye: maskedFrame(goodbye),
  half: maskedFrame({ opcode: 2, payload: Buffer.alloc(3000) }).subarray(0, 1500),
};
const fromBot = {
  hello: plainFrame({ opcode: 1, payload: 'hello' }),
  goodbye: plainFrame(goodbye),
  half: plainFrame({ opcode: 2, payload: Buffer.alloc(3000) }).subarray(0, 1500),
};
type Words = typeof fromCaller;

/** How an end leaves. */
const endings: readonly ((socket: Socket, words: Words) => void)[] = [
  (socket, words) => socket.write(words.goodbye),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.end(),
  (socket, words) => socket.write(words.half, () => socket.resetAndDestroy()),
  (socket, words) => socket.end(words.half),
];

/** Short calls in a row, that end in every way: what does the gateway keep of them? */
export async function churn({ calls, seed, progress }: ChurnOptions): Promise<Churned> {
  const bot = await sessionBot();
  const gateway = await soakedGateway({ bot: bot.url, limits: { max_history: HISTORY, close_timeout: 1 } });
  const random = randomOf(seed);
  const failures: string[] = [];
  let done = 0;

  const run = async (count: number): Promise<Holding> => {
    await inParallel(Array.from({ length: count }), WIDTH, async () => {
      const leave = random.pick(endings);
      await shortCall(gateway, bot, leave, random.next() < 0.5).catch((error: unknown) => {
        failures.push(`${String(leave)}: ${String(error)}`);
      });
      progress((done += 1));
    });
    return rested(gateway);
  };
  const tenth = Math.ceil(calls / 10);
  const before = await run(WIDTH); // warm: what is loaded on first use is no leak
  const early = mostOf([await run(tenth), await run(tenth), await run(tenth)]);
  const after = await run(calls - 3 * tenth);
  await gateway.stop();
  bot.stop();
  return { before, early, after, failures };
}

/** One call: each end says hello and hears the other, then one of them leaves. Rejects when anything of it fails. */
async function shortCall(
  gateway: SoakedGateway,
  bot: SessionBot,
  leave: (socket: Socket, words: Words) => void,
  callerLeaves: boolean,
): Promise<void> {
  const ends = await place(gateway, bot);
  const callerHeard = polite(ends.caller, fromCaller, fromBot.hello, ends.early);
  const botHeard = polite(ends.bot, fromBot, fromCaller.hello, Buffer.alloc(0));
  ends.caller.write(fromCaller.hello);
  ends.bot.write(fromBot.hello);
  await within(Promise.all([callerHeard.hello, botHeard.hello]), 'no hello');
  if (callerLeaves) leave(ends.caller, fromCaller);
  else leave(ends.bot, fromBot);
  await within(Promise.all([callerHeard.gone, botHeard.gone]), 'not all connections were closed');
}

/** Answers a close frame with one, and a FIN with one. `heard`: the other end's hello. */
function polite(
  socket: Socket,
  words: Words,
  heard: Buffer,
  early: Buffer,
): { hello: Promise<void>; gone: Promise<void> } {
  let isAnswered = false;
  const hello = new Promise<void>((resolve) => {
    const read = (chunk: Buffer): void => {
      const saysHello = chunk[0] === HELLO_HEAD;
      if (saysHello) resolve();
      // Frames are few and far between here: a close frame comes alone, or behind a hello.
      if (isAnswered || chunk[saysHello ? heard.length : 0] !== CLOSE_HEAD) return;
      isAnswered = true;
      if (socket.writable) socket.end(words.goodbye);
    };
    socket.on('data', read);
    if (early.length > 0) read(early);
  });
  socket.once('end', () => socket.end());
  const gone = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  socket.resume();
  return { hello, gone };
}

/** FIN and text; FIN and close. */
const HELLO_HEAD = 0x81;
const CLOSE_HEAD = 0x88;

async function within<T>(awaited: Promise<T>, otherwise: string): Promise<T> {
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    late = setTimeout(reject, PATIENCE, new Error(otherwise));
  });
  return Promise.race([awaited, tooLate]).finally(() => clearTimeout(late));
}

/** Samples of an idle gateway, and milliseconds between them. The lowest counts: the allocator gives back late. */
const SAMPLES = 10;
const PAUSE = 500;

/** Milliseconds after which no token is valid any more, by the clock of that gateway; the next session forgets them all. */
const EXPIRED = 6000;

/** The most of each kind of memory. */
function mostOf(samples: readonly [Holding, ...Holding[]]): Holding {
  const most = (size: (sample: Holding) => number): number => Math.max(...samples.map(size));
  const mallocHeap = most((sample) => sample.mallocHeap);
  const rss = most((sample) => sample.rss - sample.mallocHeap) + mallocHeap;
  return { ...samples[0], mallocHeap, rss, heapUsed: most(({ heapUsed }) => heapUsed) };
}

async function rested(gateway: SoakedGateway): Promise<Holding> {
  await new Promise((resolve) => setTimeout(resolve, EXPIRED));
  await gateway.start();
  gateway.hangUp();
  const samples: Holding[] = [];
  for (let index = 0; index < SAMPLES; index += 1) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    samples.push(await gateway.holding());
  }
  const last = samples.at(-1);
  if (!last) throw new RangeError('no sample was taken');
  const lowest = (size: (sample: Holding) => number): number => Math.min(...samples.map(size));
  const mallocHeap = lowest((sample) => sample.mallocHeap);
  return { ...last, mallocHeap, rss: lowest((sample) => sample.rss - sample.mallocHeap) + mallocHeap };
}
