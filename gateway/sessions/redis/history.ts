import { keys } from './keys.ts';
import type { RedisLink } from './link.ts';

/** Ended sessions that an agent may have too many before the oldest are forgotten: so that is asked for rarely. */
export const SLACK = 100;
/** Sessions forgotten in one go. */
const CHUNK = 1000;

/** Forgets the oldest of `count` ended sessions of an agent where those are too many. */
export async function trimEnded(link: RedisLink, host: string, count: number, max: number): Promise<void> {
  if (count <= max + SLACK) return;
  const oldest = await link.run((client) =>
    client.zPopMinCount(keys.ended(host), Math.min(count - max, CHUNK)),
  );
  if (oldest.length === 0) return; // somebody else was faster
  await link.run((client) =>
    client.del(oldest.flatMap(({ value }) => [keys.session(value), keys.events(value)])),
  );
}
