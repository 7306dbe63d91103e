import { pageOf } from '../history.ts';
import type { SessionList, SessionQuery, SessionRecord } from '../store.ts';
import { hostOf, keys } from './keys.ts';
import type { RedisLink } from './link.ts';
import { readRecord } from './records.ts';

/** Records that one command reads. */
const CHUNK = 500;

/** One page of an agent's sessions. */
export async function listSessions(link: RedisLink, query: SessionQuery): Promise<SessionList> {
  const { status, offset, limit } = query;
  const isAny = status === null;
  const live = isAny || status === 'live' ? await idsIn(link, keys.live(hostOf(query)), query) : [];
  const ended = status === 'live' ? [] : await idsIn(link, keys.ended(hostOf(query)), query);
  if (!isAny && status !== 'live' && status !== 'ended') return pageOf(await recordsOf(link, ended), query);
  const ids = [...live, ...ended].toSorted((one, other) => other.createdAt - one.createdAt);
  return { total: ids.length, records: await recordsOf(link, ids.slice(offset, offset + limit)) };
}

interface Listed {
  readonly id: string;
  readonly createdAt: number;
}

async function idsIn(link: RedisLink, set: string, { from, until }: SessionQuery): Promise<Listed[]> {
  const found = await link.run((client) =>
    client.zRangeByScoreWithScores(set, from ?? '-inf', until ?? '+inf'),
  );
  return found.map(({ value, score }) => ({ id: value, createdAt: score }));
}

/** Those that are remembered, in the same order. */
async function recordsOf(link: RedisLink, listed: readonly Listed[]): Promise<SessionRecord[]> {
  const records: SessionRecord[] = [];
  for (let at = 0; at < listed.length; at += CHUNK) {
    const some = listed.slice(at, at + CHUNK).map(({ id }) => keys.session(id));
    const texts = await link.run((client) => client.mGet(some));
    records.push(...texts.filter((text) => text !== null).map(readRecord));
  }
  return records;
}
