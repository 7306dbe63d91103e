import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallEnd, CallEvent } from '../../shared/call-status.ts';
import type { Call } from '../../shared/provider.ts';
import { ring } from '../helpers/carriers.ts';
import { knock } from '../helpers/client.ts';
import { secret } from '../helpers/leaks.ts';
import {
  callScene,
  join,
  names,
  OPEN,
  OURS,
  OUTBOUND,
  tell,
  THEIRS,
  type CallScene,
  type Name,
} from './calls-scene.ts';

const OWN = `${OPEN}${OUTBOUND}`;

let scene: CallScene;
let skew = 0;
beforeAll(async () => {
  scene = await callScene(
    {
      support: `numbers = ["${OURS}"]\n${OWN}`,
      few: `${OWN}max_sessions = 1\n`,
      silent: OPEN,
      open: 'websocket_auth = "none"',
    },
    { now: () => Date.now() + skew },
  );
});
afterAll(() => scene.close());

/** What the carrier was asked to do. */
interface Placed {
  readonly answer: { readonly status: number; readonly json: Record<string, unknown> };
  readonly sent: Readonly<Record<string, unknown>>;
  readonly answerUrl: string;
  readonly statusUrl: string;
  readonly call: Call;
}

async function dial(name: Name, agent: string, more: object = {}): Promise<Placed> {
  const api = scene.apis[name];
  const asked = api.requests.length;
  const request = { provider: name, from: OURS, to: THEIRS, ...more };
  const answer = await scene.post(`/v1/public/${agent}/dial`, scene.gateway.publicKey, request);
  const { body: sent = {} } = api.requests[asked] ?? {};
  const answerUrl = textOf(sent['Url'] ?? sent['answer_url']);
  const statusUrl = textOf(sent['StatusCallback'] ?? sent['hangup_url']);
  secret(...(answerUrl.match(/[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$/) ?? []));
  const { id } = scene.carriers[name].newCall(OURS, THEIRS);
  const callId = answer.json['callId'];
  const call = {
    id: typeof callId === 'string' ? callId : id,
    from: OURS,
    to: THEIRS,
    direction: 'outbound',
  } as const;
  return { answer, sent, answerUrl, statusUrl, call };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

async function sessions(agent: string): Promise<Record<string, unknown>[]> {
  const headers = { authorization: `Bearer ${scene.gateway.privateKey}` };
  const answer = await fetch(`${scene.gateway.http}/v1/agents/${agent}/sessions?limit=100`, { headers });
  return ((await answer.json()) as { sessions: Record<string, unknown>[] }).sessions;
}

function ended(type: CallEnd['type']): CallEvent {
  return { type, sentAt: null, sequence: null, duration: null, cause: null };
}

describe.each(names)('%s', (name) => {
  test('rings somebody, and joins who answers to the bot', async () => {
    const { answer, sent, answerUrl, call } = await dial(name, 'support', {
      body: { who: 'Ada' },
      ringTimeout: 30,
    });
    const { sessionId, callId } = answer.json;
    expect(answer).toEqual({
      status: 200,
      json: { sessionId, callId, provider: name, from: OURS, to: THEIRS, status: 'queued' },
    });
    expect(callId === null).toBe(name === 'plivo');
    expect(Number(sent['Timeout'] ?? sent['ring_timeout'])).toBe(30);
    expect(scene.apis[name].faults).toEqual([]);

    const { streamUrl } = await ring(scene.carriers[name], call, answerUrl);
    expect(streamUrl).toContain(`/ws/${name}/support.local/`);
    const talk = await join(scene, name, call, streamUrl);
    expect(talk.sessionId).toBe(sessionId);
    const dialled = scene.bot.dials.at(-1);
    expect(dialled?.headers).toMatchObject({
      'x-call-id': encodeURIComponent(call.id),
      'x-call-direction': 'outbound',
    });
    const body = new URL(dialled?.url ?? '', 'ws://bot').searchParams.get('body') ?? '';
    expect(JSON.parse(Buffer.from(body, 'base64').toString())).toEqual({ who: 'Ada' });
    talk.client.socket.close();
  });

  test('gives the same document again, and none to another call', async () => {
    const { answerUrl, call } = await dial(name, 'support');
    const carrier = scene.carriers[name];
    const first = await ring(carrier, call, answerUrl);
    expect(await ring(carrier, call, answerUrl)).toEqual(first);
    const other = await ring(carrier, { ...call, id: carrier.newCall(OURS, THEIRS).id }, answerUrl);
    expect(other.verbs).toEqual([{ type: 'hangUp' }]);
  });

  test('lets only that call in with the token', async () => {
    const { answerUrl, call } = await dial(name, 'support');
    const carrier = scene.carriers[name];
    const { streamUrl } = await ring(carrier, call, answerUrl);
    const other = { ...call, id: carrier.newCall(OURS, THEIRS).id };
    await expect(Promise.race([join(scene, name, other, streamUrl), closing(scene)])).resolves.toBe(
      'refused',
    );
  });

  test.each(['busy', 'no-answer', 'failed'] as const)(
    'frees the place of a call that ends with %s',
    async (end) => {
      const { answer, statusUrl, answerUrl, call } = await dial(name, 'few');
      expect((await dial(name, 'few')).answer).toMatchObject({
        status: 429,
        json: { reason: 'ERR_AT_CAPACITY' },
      });
      const carrier = scene.carriers[name];
      expect(
        await tell(carrier, call, { type: 'ringing', sentAt: null, sequence: null }, statusUrl),
      ).toBeLessThan(300);
      expect(await tell(carrier, call, ended(end), statusUrl)).toBeLessThan(300);
      const found = (await sessions('few')).find(({ sessionId }) => sessionId === answer.json['sessionId']);
      expect(found).toMatchObject({
        completionStatus: 'NOT_ANSWERED',
        endState: 'not_answered',
        closeReason: end,
      });
      const late = await ring(carrier, call, answerUrl);
      expect(late.verbs).toEqual([{ type: 'hangUp' }]);
    },
  );

  test('places one call at most when the carrier fails, and frees its place', async () => {
    const api = scene.apis[name];
    const before = api.requests.length;
    api.intercept = () => ({ status: 500, body: {} });
    const { answer } = await dial(name, 'few');
    api.intercept = () => null;
    expect(answer).toMatchObject({ status: 503, json: { reason: 'ERR_CARRIER_UNREACHABLE' } });
    expect(api.requests.length).toBe(before + 1);
    const again = await dial(name, 'few');
    expect(again.answer.status).toBe(200);
    await tell(scene.carriers[name], again.call, ended('no-answer'), again.statusUrl);
  });
});

// Telnyx's own timestamps are as old as a token may be: they are refused before.
test.each(['twilio', 'plivo'] as const)(
  '%s rings nobody once the five minutes of the token are over, and the place is free',
  async (name) => {
    const { answerUrl, call } = await dial(name, 'few');
    skew = 300_000;
    const late = await ring(scene.carriers[name], call, answerUrl).finally(() => (skew = 0));
    expect(late.verbs).toEqual([{ type: 'hangUp' }]);
    skew = 301_000;
    const { live, reserved } = await scene.gateway.store.count('local', 'few');
    skew = 0;
    expect([live, reserved]).toEqual([0, 0]);
  },
);

test.each([
  ['an agent that may not', 'silent', {}, 403, /outbound/],
  ['a number that is not ours', 'support', { from: '+15550009999' }, 403, /outbound\.from/],
  ['a number that is not allowed', 'support', { to: '+4930123456' }, 403, /outbound\.to/],
  ['an unknown agent', 'nobody', {}, 404, /no agent/],
  ['an unknown carrier', 'support', { provider: 'acme' }, 400, /switched on/],
  ['a carrier that is off', 'support', { provider: 'vonage' }, 400, /switched on/],
  ['no E.164', 'support', { to: '15551230001' }, 400, /to: write numbers/],
  ['a member that nobody knows', 'support', { timeout: 3 }, 400, /timeout/],
  ['a ring that is too short', 'support', { ringTimeout: 4 }, 400, /ringTimeout/],
  ['a ring that is too long', 'support', { ringTimeout: 121 }, 400, /ringTimeout/],
  ['a body that is too large', 'support', { body: 'a'.repeat(1_048_576) }, 413, /body is over/],
])('%s is not dialled', async (_what, agent, change, status, why) => {
  const { twilio } = scene.apis;
  const before = twilio.requests.length;
  const { answer } = await dial('twilio', agent, change);
  expect(answer.status).toBe(status);
  expect(answer.json['error']).toMatch(why);
  expect(twilio.requests.length).toBe(before);
});

test.each([[5], [120]])('a ring of %i s is taken', async (ringTimeout) => {
  expect((await dial('twilio', 'support', { ringTimeout })).answer.status).toBe(200);
});

test('no key, and a private one, dial nobody', async () => {
  const request = { provider: 'twilio', from: OURS, to: THEIRS };
  const keys = ['x', scene.gateway.privateKey];
  const answers = await Promise.all(keys.map((key) => scene.post('/v1/public/support/dial', key, request)));
  expect(answers.map(({ status }) => status)).toEqual([401, 401]);
});

test('a token of /start is no answer to a call, and opens its own socket still', async () => {
  const { token, wsUrl } = await scene.gateway.start('support', { transport: 'plivo' });
  const call = scene.carriers.twilio.newCall(OURS, THEIRS);
  const url = `${scene.gateway.http}/webhooks/twilio/support.local?dialled=${token}`;
  expect((await ring(scene.carriers.twilio, call, url)).verbs).toEqual([{ type: 'hangUp' }]);
  expect((await knock(`${wsUrl}/${token}`)).status).toBe(101);
});

test('a callback without a token, or with a foreign one, ends nothing', async () => {
  const { statusUrl, call, answerUrl } = await dial('telnyx', 'support');
  const carrier = scene.carriers.telnyx;
  const bare = statusUrl.replace(/\?.*/, '');
  expect(await tell(carrier, call, ended('failed'), bare)).toBeLessThan(300);
  expect(await tell(carrier, call, ended('failed'), `${bare}?dialled=abc`)).toBeLessThan(300);
  expect((await ring(carrier, call, answerUrl)).streamUrl).not.toBe('');
});

async function closing({ gateway }: CallScene): Promise<string> {
  const refusals = (): number =>
    gateway.log.filter(({ msg, code }) => msg === 'call ended' && code === 1008).length;
  const before = refusals();
  await expect.poll(refusals, { timeout: 5000 }).toBeGreaterThan(before);
  return 'refused';
}
