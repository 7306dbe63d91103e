/** How many sessions each bot has. */
export interface Seats {
  /** A seat at the bot with the fewest sessions, the first of those with equally few; null when all are full. */
  readonly take: (bots: readonly string[], maxSessions: number | null) => string | null;
  /** Null is no seat. */
  readonly giveUp: (bot: string | null) => void;
  readonly clear: () => void;
}

export function seats(): Seats {
  const taken = new Map<string, number>();
  const at = (bot: string): number => taken.get(bot) ?? 0;

  return {
    take(bots, maxSessions) {
      let best: string | null = null;
      for (const bot of bots) if (best === null || at(bot) < at(best)) best = bot;
      if (best === null || at(best) >= (maxSessions ?? Infinity)) return null;
      taken.set(best, at(best) + 1);
      return best;
    },
    giveUp(bot) {
      if (bot === null) return;
      if (at(bot) > 1) taken.set(bot, at(bot) - 1);
      else taken.delete(bot);
    },
    clear: () => taken.clear(),
  };
}
