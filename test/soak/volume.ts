import { randomOf } from '../chaos/random.ts';
import { LINK } from './chain.ts';
import { newLane, run, type Lane } from './lane.ts';
import { place } from './placed.ts';
import type { Progress } from './progress.ts';
import { sessionBot } from './session-bot.ts';
import { soakedGateway } from './soaked-gateway.ts';

export interface VolumeOptions {
  readonly messages: number;
  readonly calls: number;
  readonly seed: number;
  readonly progress: Progress;
}

export interface Volume {
  readonly sent: number;
  readonly arrived: number;
  readonly foreign: number;
  readonly reordered: number;
  readonly strange: number;
  /** Runs of 4,096 messages whose hash is not the same at both ends, or all that came before. */
  readonly changed: number;
  readonly seconds: number;
}

/** Many messages over a few calls at once, in both directions, as fast as they are taken. */
export async function volume({ messages, calls, seed, progress }: VolumeOptions): Promise<Volume> {
  const bot = await sessionBot();
  const gateway = await soakedGateway({ bot: bot.url, limits: {} });
  const random = randomOf(seed);
  const ends = await Promise.all(Array.from({ length: calls }, () => place(gateway, bot)));
  const each = Math.ceil(messages / (2 * calls));
  const since = performance.now();
  let arrived = 0;
  const onArrived = (count: number): void => progress((arrived += count));
  const lanes: Lane[] = [];
  const none = Buffer.alloc(0);
  await Promise.all(
    ends.flatMap(({ caller, bot: its, early }) =>
      [
        { from: caller, to: its, masked: true, early: none },
        { from: its, to: caller, masked: false, early },
      ].map((way) => {
        const id = lanes.push(newLane()) - 1;
        const lane = lanes[id] ?? newLane();
        return run({ ...way, id, messages: each, random: random.fork(`lane ${id}`), onArrived }, lane);
      }),
    ),
  );
  const seconds = (performance.now() - since) / 1000;
  await gateway.stop();
  bot.stop();
  const sum = (count: (lane: Lane) => number): number =>
    lanes.reduce((total, lane) => total + count(lane), 0);
  return {
    sent: sum(({ sent }) => sent.count),
    arrived: sum(({ got }) => got.count),
    foreign: sum(({ foreign }) => foreign),
    reordered: sum(({ reordered }) => reordered),
    strange: sum(({ strange }) => strange),
    changed: sum(differences),
    seconds,
  };
}

/** The last link of each chain is shorter than the others. */
function differences({ sent, got }: Lane): number {
  for (const chain of [sent, got]) if (chain.count % LINK > 0) chain.close();
  return sent.links.filter((link, index) => link !== got.links[index]).length;
}
