import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_STEPS } from '../../gateway/steps/steps.ts';
import { ring } from '../helpers/carriers.ts';
import { connect } from '../helpers/client.ts';
import { callScene, lastDial, names, OPEN, talking, type CallScene, type Name } from './calls-scene.ts';

let scene: CallScene;
beforeAll(async () => {
  scene = await callScene({
    support: OPEN,
    sales: 'websocket_auth = "token"',
    full: 'websocket_auth = "token"\n[agents.scaling]\nmax_agents = 1',
    locked: 'websocket_auth = "token"\ncall_control = false',
    open: 'websocket_auth = "none"',
    ending: 'websocket_auth = "token"\nend_call_when_bot_leaves = true',
  });
});
afterAll(() => scene.close());

const operations: Readonly<
  Record<Name, Readonly<Record<string, readonly [operation: string, body: object]>>>
> = {
  twilio: {
    'hang-up': ['POST /2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json', { Status: 'completed' }],
  },
  plivo: {
    'hang-up': ['DELETE /v1/Account/{auth_id}/Call/{call_uuid}/', {}],
    dtmf: ['POST /v1/Account/{auth_id}/Call/{call_uuid}/DTMF/', { digits: '1w#', leg: 'aleg' }],
    say: ['POST /v1/Account/{auth_id}/Call/{call_uuid}/Speak/', { text: 'One moment.', legs: 'aleg' }],
    play: [
      'POST /v1/Account/{auth_id}/Call/{call_uuid}/Play/',
      { urls: 'https://a.example/a.mp3', legs: 'aleg' },
    ],
  },
  telnyx: {
    'hang-up': ['POST /v2/calls/{call_control_id}/actions/hangup', {}],
    dtmf: ['POST /v2/calls/{call_control_id}/actions/send_dtmf', { digits: '1w#' }],
    say: [
      'POST /v2/calls/{call_control_id}/actions/speak',
      { payload: 'One moment.', voice: 'AWS.Polly.Joanna' },
    ],
    play: [
      'POST /v2/calls/{call_control_id}/actions/playback_start',
      { audio_url: 'https://a.example/a.mp3' },
    ],
  },
};
const bodies: Readonly<Record<string, object>> = {
  'hang-up': {},
  dtmf: { digits: '1w#' },
  say: { text: 'One moment.' },
  play: { url: 'https://a.example/a.mp3' },
};

describe.each(names)('%s', (name) => {
  const can = Object.entries(operations[name]);
  test.each(can)('takes %s as its API wants it, and says so', async (command, expected) => {
    const { sessionId, credential, client, call } = await talking(scene, name, 'support');
    const answer = await scene.post(`/v1/sessions/${sessionId}/${command}`, credential, bodies[command]);
    const json = { sessionId, callId: call.id, command, status: 'accepted' };
    expect(answer).toEqual({ status: 202, json });
    const made = scene.apis[name].requests.at(-1);
    expect([made?.operation, made?.body]).toEqual(expected);
    expect(Object.values(made?.places ?? {})).toContain(call.id);
    expect(scene.apis[name].faults).toEqual([]);
    client.socket.close();
  });

  test('takes commands from whoever has a private key, too', async () => {
    const { sessionId, client } = await talking(scene, name, 'support');
    const path = `/v1/agents/support/sessions/${sessionId}/hang-up`;
    expect((await scene.post(path, scene.gateway.privateKey)).status).toBe(202);
    expect(scene.apis[name].requests.at(-1)?.operation).toBe(operations[name]['hang-up']?.[0]);
    client.socket.close();
  });

  test('tells that a call is over', async () => {
    const { sessionId, client } = await talking(scene, name, 'support');
    const path = `/v1/agents/support/sessions/${sessionId}/hang-up`;
    expect((await scene.post(path, scene.gateway.privateKey)).status).toBe(202);
    const { api, isOver } = gone(name);
    api.intercept = () => isOver;
    const again = await scene.post(path, scene.gateway.privateKey);
    api.intercept = () => null;
    expect(again).toMatchObject({ status: 409, json: { reason: 'ERR_CALL_OVER' } });
    client.socket.close();
  });

  test('hands a call to a phone by a document that is for this call only', async () => {
    const { sessionId, client, call } = await talking(scene, name, 'support');
    const path = `/v1/agents/support/sessions/${sessionId}/transfer`;
    const answer = await scene.post(path, scene.gateway.privateKey, { to: '+15559990000' });
    expect(answer.status).toBe(202);
    const url = documentUrl(name);
    const carrier = scene.carriers[name];
    const { verbs } = await ring(carrier, call, url);
    expect(verbs).toEqual([{ type: 'dial', number: '+15559990000' }, { type: 'hangUp' }]);
    const other = { ...call, id: carrier.newCall(call.from, call.to).id };
    expect((await ring(carrier, other, url)).status).toBe(403);
    expect((await ring(carrier, call, url.replace('999', '900'))).status).toBe(403);
    expect(scene.apis[name].faults).toEqual([]);
    client.socket.close();
  });

  test('hands a call to another agent, whose webhook begins it anew', async () => {
    const { sessionId, client, call } = await talking(scene, name, 'support');
    const path = `/v1/agents/support/sessions/${sessionId}/transfer`;
    expect((await scene.post(path, scene.gateway.privateKey, { agent: 'sales' })).status).toBe(202);
    const { streamUrl } = await ring(scene.carriers[name], call, documentUrl(name));
    expect(streamUrl).toContain(`/ws/${name}/sales.local/`);
    client.socket.close();
  });

  test('says so when the agent that takes a call over never gets its stream', async () => {
    const { sessionId, client, call } = await talking(scene, name, 'support');
    const path = `/v1/agents/support/sessions/${sessionId}/transfer`;
    expect((await scene.post(path, scene.gateway.privateKey, { agent: 'sales' })).status).toBe(202);
    client.socket.close(1000); // as the carrier does, whose new document replaces the stream
    await expect
      .poll(() => scene.gateway.log.some(({ msg, session }) => msg === 'call ended' && session === sessionId))
      .toBe(true);
    const { verbs } = await ring(scene.carriers[name], call, documentUrl(name));
    const next = verbs.at(-1);
    const after = await ring(scene.carriers[name], call, next?.type === 'redirect' ? next.url : '');
    expect(after.verbs).toEqual([...DEFAULT_STEPS.bot_unreachable, { type: 'hangUp' }]);
  });

  test('ends a call whose bot said goodbye, where the agent wants it', async () => {
    const { client, call } = await talking(scene, name, 'ending');
    scene.bot.sockets.at(-1)?.close(1000, 'bye');
    await client.closed;
    await expect
      .poll(() => scene.apis[name].requests.at(-1))
      .toMatchObject({ operation: operations[name]['hang-up']?.[0] });
    expect(Object.values(scene.apis[name].requests.at(-1)?.places ?? {})).toContain(call.id);
  });
});

test.each(['dtmf', 'say', 'play'])('%s is not what Twilio can do beside a stream', async (command) => {
  const { sessionId, credential, client } = await talking(scene, 'twilio', 'support');
  const before = scene.apis.twilio.requests.length;
  const answer = await scene.post(`/v1/sessions/${sessionId}/${command}`, credential, bodies[command]);
  expect(answer).toMatchObject({ status: 501, json: { reason: 'ERR_NOT_IMPLEMENTED' } });
  expect(answer.json['error']).toMatch(/^twilio cannot .* here: .* let the bot /);
  expect(scene.apis.twilio.requests.length).toBe(before);
  client.socket.close();
});

test('nothing is ended when the caller leaves, or when the agent does not want it', async () => {
  const { requests } = scene.apis.twilio;
  const before = requests.length;
  const one = await talking(scene, 'twilio', 'ending');
  one.client.socket.close(1000);
  const other = await talking(scene, 'twilio', 'sales');
  scene.bot.sockets.at(-1)?.close(1000);
  await other.client.closed;
  await expect
    .poll(() => scene.gateway.log.filter(({ msg }) => msg === 'call ended').length)
    .toBeGreaterThan(1);
  expect(requests.length).toBe(before);
});

test.each([
  ['no key', '', {}, 401],
  ['a public key', 'public', {}, 401],
  ["another session's credential", 'foreign', {}, 401],
  ['an unknown session', 'private', { id: '8a3f0b8e-5a3e-4b1e-9d53-1d0f2b6a7c11' }, 404],
  ['a foreign agent', 'private', { agent: 'sales' }, 404],
])(
  '%s commands nothing',
  async (_what, key, { id, agent = 'support' }: { id?: string; agent?: string }, status) => {
    const { sessionId, client } = await talking(scene, 'twilio', 'support');
    const other = await talking(scene, 'twilio', 'support');
    const { publicKey, privateKey } = scene.gateway;
    const keys: Record<string, string> = {
      public: publicKey,
      private: privateKey,
      foreign: other.credential,
    };
    const before = scene.apis.twilio.requests.length;
    const path =
      key === 'foreign' ? `/v1/sessions/${sessionId}` : `/v1/agents/${agent}/sessions/${id ?? sessionId}`;
    expect((await scene.post(`${path}/hang-up`, keys[key] ?? 'x')).status).toBe(status);
    expect(scene.apis.twilio.requests.length).toBe(before);
    client.socket.close();
    other.client.socket.close();
  },
);

test.each<[string, object, number, RegExp]>([
  ['transfer', { to: '+4930123456' }, 403, /transfer_to/],
  ['transfer', { agent: 'nobody' }, 404, /no agent of that name/],
  ['transfer', { to: '+15550001111', agent: 'sales' }, 400, /either to/],
  ['transfer', { to: '5550001111' }, 400, /E\.164/],
  ['transfer', {}, 400, /either to/],
  ['dtmf', { digits: '' }, 400, /digits: must be/],
  ['dtmf', { digits: '1'.repeat(65) }, 400, /1 to 64/],
  ['dtmf', { digits: '1;2' }, 400, /digits: must be/],
  ['say', { text: '…' }, 400, /spoken/],
  ['say', { text: 'a'.repeat(3001) }, 400, /text/],
  ['play', { url: 'file:///etc/passwd' }, 400, /url: must be a URL/],
  ['hang-up', { now: true }, 400, /now/],
])('$0 is refused with $2, because $3', async (command, body, status, why) => {
  const { sessionId, credential, client } = await talking(scene, 'plivo', 'support');
  const before = scene.apis.plivo.requests.length;
  const answer = await scene.post(`/v1/sessions/${sessionId}/${command}`, credential, body);
  expect(answer.status).toBe(status);
  expect(answer.json['error']).toMatch(why);
  expect(scene.apis.plivo.requests.length).toBe(before);
  client.socket.close();
});

test.each([
  ['dtmf', { digits: '1'.repeat(64) }],
  ['say', { text: 'a'.repeat(3000) }],
])('$0 at the edge of its limit is taken', async (command, body) => {
  const { sessionId, credential, client } = await talking(scene, 'plivo', 'support');
  expect((await scene.post(`/v1/sessions/${sessionId}/${command}`, credential, body)).status).toBe(202);
  client.socket.close();
});

test('an agent that is full takes no transfer: the call stays where it is', async () => {
  const { sessionId, credential, client } = await talking(scene, 'twilio', 'support');
  await scene.gateway.start('full');
  const answer = await scene.post(`/v1/sessions/${sessionId}/transfer`, credential, { agent: 'full' });
  expect(answer).toMatchObject({ status: 429, json: { reason: 'ERR_AT_CAPACITY' } });
  client.socket.close();
});

test('with call_control = false nobody commands', async () => {
  const { sessionId, credential, client } = await talking(scene, 'twilio', 'locked');
  expect((await scene.post(`/v1/sessions/${sessionId}/hang-up`, credential)).status).toBe(403);
  const path = `/v1/agents/locked/sessions/${sessionId}/hang-up`;
  expect((await scene.post(path, scene.gateway.privateKey)).status).toBe(403);
  client.socket.close();
});

test('a session without a phone call, and one that is over, take no command of the bot', async () => {
  const { wsUrl, token } = await scene.gateway.start('support', { body: {} });
  const dialled = scene.bot.next();
  const client = await connect(`${wsUrl}/${token}`);
  await dialled;
  const { sessionId, credential } = lastDial(scene);
  const path = `/v1/sessions/${sessionId}/hang-up`;
  expect((await scene.post(path, credential)).status).toBe(400);
  client.socket.close();
  await client.closed;
  await expect.poll(async () => (await scene.post(path, credential)).status).toBe(409);
});

function gone(name: Name): { api: CallScene['apis'][Name]; isOver: { status: number; body: unknown } } {
  const api = scene.apis[name];
  const told = {
    twilio: { status: 404, body: { code: 20_404, message: 'not found', more_info: '', status: 404 } },
    plivo: { status: 404, body: { api_id: 'x', error: 'not found' } },
    telnyx: { status: 422, body: { errors: [{ code: '90018', title: 'Call has already ended' }] } },
  };
  return { api, isOver: told[name] };
}

/** Where the carrier was told to go on. */
function documentUrl(name: Name): string {
  const body = scene.apis[name].requests.at(-1)?.body;
  return String(body?.['Url'] ?? body?.['aleg_url']);
}
