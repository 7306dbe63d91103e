import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CompletionStatus, Ending, Session } from '../../gateway/sessions/store.ts';
import { GatewayError } from '../../shared/errors.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';

/** When the first session starts. */
const NOON = Date.parse('2026-11-21T12:00:00Z');
const MINUTE = 60_000;
const ids: string[] = [];

let gateway: TestGateway;
let isStoreDown = false;

/** Session 0 is the oldest; one a minute from noon on. The last two are live. */
beforeAll(async () => {
  gateway = await testGateway({
    agents: { listed: 'ws://127.0.0.1:1/ws', other: 'ws://127.0.0.1:1/ws' },
    store: (memory) => ({
      ...memory,
      list: async (query) => {
        if (isStoreDown) throw new GatewayError('ERR_STORE_UNAVAILABLE', 'the store is down');
        return memory.list(query);
      },
    }),
  });
  const statuses: (CompletionStatus | null)[] = [
    ...(['WS_CONNECTION_CLOSED', 'BOT_LOST', 'STOPPED', 'GATEWAY_LOST'] as const),
    ...Array.from({ length: 8 }, () => 'WS_CONNECTION_CLOSED' as const),
    null,
    null,
  ];
  for (const [minute, status] of statuses.entries()) {
    const session: Session = {
      id: randomUUID(),
      agent: 'listed',
      organization: 'local',
      provider: 'generic',
      call: null,
      body: null,
      createdAt: NOON + minute * MINUTE,
    };
    const at = session.createdAt + 1000;
    const ending: Omit<Ending, 'status'> = { endedBy: 'bot', code: 1000, reason: '', at };
    ids.push(session.id);
    await gateway.store.open(session, null);
    await gateway.store.open({ ...session, id: randomUUID(), agent: 'other' }, null);
    if (status) await gateway.store.end(session, { ...ending, status });
  }
});

afterAll(() => gateway.close());

async function ask(query: string): Promise<Response> {
  const headers = { authorization: `Bearer ${gateway.privateKey}` };
  return fetch(`${gateway.http}/v1/agents/listed/sessions?${query}`, { headers });
}

async function listed(query: string): Promise<{ total: unknown; at: number[] }> {
  const { total_count: total, sessions } = (await (await ask(query)).json()) as Record<string, unknown>;
  return {
    total,
    at: (sessions as { sessionId: string }[]).map(({ sessionId }) => ids.indexOf(sessionId)),
  };
}

test.each<[string, number, number[]]>([
  ['', 14, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4]],
  ['limit=3', 14, [13, 12, 11]],
  ['limit=3&offset=2', 14, [11, 10, 9]],
  ['limit=100&offset=13', 14, [0]],
  ['offset=14', 14, []],
  ['offset=1000000', 14, []],
  ['status=all&limit=1', 14, [13]],
  ['status=active', 2, [13, 12]],
  ['status=active&offset=1', 2, [12]],
  ['status=ended&limit=2', 12, [11, 10]],
  ['status=ended&limit=4&offset=7', 12, [4, 3, 2, 1]],
  ['status=ended&limit=4&offset=11', 12, [0]],
  ['status=STOPPED', 1, [2]],
  ['status=DRAINED', 0, []],
  ['endState=active&limit=1', 2, [13]],
  ['endState=completed&limit=2', 9, [11, 10]],
  ['endState=agent_error', 1, [1]],
  ['endState=terminated&status=all', 1, [2]],
  ['endState=unknown', 1, [3]],
  ['endState=drained', 0, []],
  [`startTime=${NOON + 11 * MINUTE}`, 3, [13, 12, 11]],
  [`startTime=${NOON / 1000 + 11 * 60}`, 3, [13, 12, 11]],
  ['startTime=2026-11-21T12:11:00Z', 3, [13, 12, 11]],
  ['startTime=2026-11-21T13:11:00%2B01:00', 3, [13, 12, 11]],
  ['endTime=2026-11-21T12:01:00.000Z', 2, [1, 0]],
  ['startTime=2026-11-21T12:01:00Z&endTime=2026-11-21T12:03:00Z&limit=2', 3, [3, 2]],
  ['startTime=2026-11-21T12:01:00Z&endTime=2026-11-21T12:03:00Z&status=ended&offset=1', 3, [2, 1]],
  ['startTime=2026-11-22', 0, []],
  ['endTime=99999999999', 14, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4]],
  ['startTime=100000000000', 14, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4]],
  ['startTime=2&endTime=1', 0, []],
])('?%s finds %i and shows the page', async (query, total, at) => {
  expect(await listed(query)).toEqual({ total, at });
});

test.each([
  ['limit=0', 'limit: must be a whole number from 1 to 100'],
  ['limit=101', 'limit'],
  ['limit=', 'limit'],
  ['limit=1e1', 'limit'],
  ['limit=-1', 'limit'],
  ['limit=%31%30%30%30', 'limit'],
  ['offset=-1', 'offset'],
  ['offset=1000001', 'offset'],
  ['offset=0x1', 'offset'],
  ['status=bad', 'status: must be all, active, ended'],
  ['status=live', 'status'],
  ['status=', 'status'],
  ['startTime=yesterday', 'startTime: must be ISO 8601'],
  ['startTime=2026-02-30T00:00:00Z', 'startTime'],
  ['startTime=2026-11-21T12:00:00', 'startTime'],
  ['endTime=1.5', 'endTime'],
  ['endTime=99999999999999', 'endTime'],
  ['endTime=-1', 'endTime'],
  ['limit=1&limit=2', 'twice'],
  ['endState=lost', 'endState: must be one of active, completed, '],
  ['endState=', 'endState'],
  ['endState=__proto__', 'endState'],
  ['endState=completed&status=ended', 'send one of them'],
  [
    'startType=cold',
    'there is no parameter startType: use limit, offset, status, endState, startTime, endTime',
  ],
  ['__proto__=1', '__proto__'],
  ['limit=x&offset=y', 'offset'],
])('?%s is refused with 400 and the name of the parameter', async (query, named) => {
  const answer = await ask(query);
  expect(answer.status).toBe(400);
  const { error, ...rest } = (await answer.json()) as { error: string };
  expect(error).toContain(named);
  expect(rest).toEqual({ code: '400', reason: 'ERR_REQUEST_INVALID' });
});

test('a list is 503 with Retry-After while the store is down', async () => {
  isStoreDown = true;
  const answers = await Promise.all(['', 'status=ended'].map(ask));
  isStoreDown = false;
  for (const answer of answers) {
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE' });
  }
});
