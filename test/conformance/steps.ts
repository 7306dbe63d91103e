import { closing, type Frame, type Piece, type Side } from './frames.ts';
import type { Case, Step } from './play.ts';

interface Actor {
  sends(...pieces: readonly Piece[]): Step;
  /** The same, cut into segments at these offsets. */
  sendsCut(pieces: readonly Piece[], cuts: readonly number[]): Step;
  hears(what: number | 'close' | 'end' | 'part'): Step;
  readonly ends: Step;
  readonly resets: Step;
}

function actor(side: Side): Actor {
  return {
    sends: (...pieces) => ({ side, does: 'send', pieces }),
    sendsCut: (pieces, cuts) => ({ side, does: 'send', pieces, cuts }),
    hears: (what) => ({ side, does: 'wait', for: what }),
    ends: { side, does: 'fin' },
    resets: { side, does: 'reset' },
  };
}

export const caller: Actor = actor('caller');
export const bot: Actor = actor('bot');
export const actors: Readonly<Record<Side, Actor>> = { caller, bot };

/** After the close frames: whoever accepted the connection ends it first, RFC 6455 §7.1.1. */
export const hangUp: readonly Step[] = [bot.ends, caller.hears('end'), caller.ends];

/** The end of a call that is still in order after what was played. */
export const goodbye: readonly Step[] = [
  caller.sends(closing(1000, 'goodbye')),
  bot.hears('close'),
  bot.sends(closing(1000, 'goodbye')),
  caller.hears('close'),
  ...hangUp,
];

export const sides: readonly Side[] = ['caller', 'bot'];

export function otherThan(side: Side): Side {
  return side === 'caller' ? 'bot' : 'caller';
}

/** A case from the caller to the bot, and the same from the bot to the caller. */
export function bothWays(
  name: string,
  write: (from: Actor, to: Actor, side: Side) => Omit<Case, 'name'>,
): Case[] {
  return sides.map((side) => ({
    name: `${side}: ${name}`,
    ...write(actors[side], actors[otherThan(side)], side),
  }));
}

/** Frames that must arrive as they are, in both directions. */
export function passes(name: string, ...frames: readonly Frame[]): Case[] {
  return bothWays(name, (from) => ({ script: [from.sends(...frames), ...goodbye] }));
}
