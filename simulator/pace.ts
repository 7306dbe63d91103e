import { FRAME_MS } from '../shared/audio.ts';
import type { Clock } from './clock.ts';

/** How fast a line runs: the slots of 20 ms it is cut into, each with one frame of the caller and one of the bot. */
export interface Pace {
  /** Milliseconds of audio since the line began. */
  readonly position: () => number;
  /** Milliseconds by which a slot's frame, sent now, is late. */
  lateness(slot: number): number;
  /** Resolves when a slot is over. */
  end(slot: number): Promise<void>;
  /** Something came from the other side. */
  wake(): void;
}

/**
 * `speed` times as fast as people talk, by an absolute schedule. After a slot that began late, the next ones are shorter
 * until the schedule is met, but up to speed 2 never shorter than half: the other side is not to pay for our lateness
 * with gaps. (Faster, half a slot is less than a timer can tell.)
 */
export function steadyPace(speed: number, { now, sleep }: Clock): Pace {
  const began = now();
  const length = FRAME_MS / speed;
  const shortest = speed <= 2 ? length / 2 : 0;
  const dueAt = (slot: number): number => began + slot * length;
  return {
    position: () => (now() - began) * speed,
    lateness: (slot) => Math.max(0, now() - dueAt(slot)),
    async end(slot) {
      await sleep(Math.max(dueAt(slot + 1) - now(), shortest));
    },
    wake() {},
  };
}

/** Milliseconds of real time that an eager slot waits for a bot that was silent in the slot before, or spoke in it. */
const PATIENCE = { silent: 4, speaking: 100 };

/**
 * As fast as the other side goes along: a slot is over once the bot has said something in it, or has had its chance. So a
 * bot that answers frame by frame is heard on the line's clock as it would be in real time.
 */
export function eagerPace(): Pace {
  let slots = 0;
  let speaking = false;
  let wake: (() => void) | null = null;
  return {
    position: () => slots * FRAME_MS,
    lateness: () => 0,
    async end(slot) {
      const patience = speaking ? PATIENCE.speaking : PATIENCE.silent;
      speaking = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(resolve, patience, false);
        wake = () => {
          clearTimeout(timer);
          resolve(true);
        };
      });
      slots = slot + 1;
    },
    wake: () => wake?.(),
  };
}
