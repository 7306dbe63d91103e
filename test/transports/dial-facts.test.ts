import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { readDial, type DialFacts } from '../../transports/dial-facts.ts';
import { testGateway } from '../helpers/gateway.ts';
import { modules } from '../simulator/scene.ts';
import { callThrough } from './example.ts';
import { closing, serve, visit } from './scene.ts';

/** A bot that writes down what each dial says, behind a gateway. */
async function scene() {
  const dials: DialFacts[] = [];
  const { url } = await serve({
    params: { whenBusy: 'reject' },
    onClientConnected(session) {
      if (session.request) dials.push(readDial(session.request));
      session.close();
    },
  });
  const gateway = await testGateway({ agents: { support: url } });
  closing({ cancel: () => gateway.close() });
  return { dials, gateway };
}

test('a session brings its id and its body, whatever is in it', async () => {
  const { dials, gateway } = await scene();
  const body = { name: 'Grüße 🦊', list: [1, null, { deep: true }] };
  const { sessionId, wsUrl, token } = await gateway.start('support', { body });
  await (
    await visit(`${wsUrl}/${token}`)
  ).closed;
  expect(dials).toEqual([{ sessionId, body, call: null }]);
});

test.each(modules)('a call over $name brings its numbers', async (provider) => {
  const { dials, gateway } = await scene();
  const source = { samples: new Int16Array(800), digits: [] };
  const report = await callThrough(gateway, provider, { source });
  const call = { id: report.callId, from: report.from, to: report.to, direction: 'inbound' };
  expect(dials).toMatchObject([{ call: { provider: provider.name, ...call }, body: { call } }]);
});

const request = (url: string, headers: Record<string, string> = {}): IncomingMessage =>
  ({ url, headers }) as unknown as IncomingMessage;

test('a client that is no gateway brings nothing', () => {
  expect(readDial(request('/ws'))).toEqual({ sessionId: null, body: undefined, call: null });
});

test.each([
  ['/ws?body=bm8ganNvbg==', {}],
  ['/ws', { 'x-call-from': '%E0%A4%A' }],
])('%s with %j is refused without repeating it', (url, headers) => {
  expect(() => readDial(request(url, headers))).toThrow(
    expect.objectContaining({ code: 'ERR_REQUEST_INVALID', message: expect.not.stringContaining('no json') }),
  );
});
