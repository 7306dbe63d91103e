import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { carrierNames, carrierOf, ring } from '../helpers/carriers.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';

const FROM = '+15557350001';
const SUPPORT = '+15557350002';
const SALES = '+15557350003';

let gateway: TestGateway;

/** The stream of an agent whose bot is never dialled here. */
function agent(numbers: readonly string[]): string {
  return `websocket_auth = "token"\nbots = ["ws://127.0.0.1:9/ws"]\nnumbers = ${JSON.stringify(numbers)}`;
}

beforeAll(async () => {
  gateway = await testGateway({
    agents: { first: agent([]), support: agent([SUPPORT]), sales: agent([SALES]) },
    toml:
      '[[organizations]]\nname = "other"\n[[organizations.agents]]\nagent_name = "desk"\n' +
      agent(['+15557350004']),
  });
});
afterAll(() => gateway.close());

/** Service host of the stream that the document opens; the first verb when it opens none. */
async function reached(name: string, path: string, to: string): Promise<string | undefined> {
  const carrier = carrierOf(name, gateway.carriers);
  const url = `${gateway.http}/webhooks/${name}${path}`;
  const { status, streamUrl, verbs } = await ring(carrier, carrier.newCall(FROM, to), url);
  expect(status).toBe(200);
  return streamUrl === '' ? verbs[0]?.type : streamUrl.split('/').at(-2);
}

describe.each(carrierNames)('a webhook of %s', (name) => {
  test.each([
    ['', SUPPORT, 'support.local'],
    ['', SALES, 'sales.local'],
    ['', '+15557350004', 'desk.other'],
    ['', '+15557359999', 'first.local'],
    ['/support', SUPPORT, 'support.local'],
    ['/first', SALES, 'first.local'],
    ['/sales.local', SALES, 'sales.local'],
    ['/desk.other', '+15557350004', 'desk.other'],
    ['/stranger', SALES, 'say'],
    ['/desk', SALES, 'say'],
  ])('at %s for %s reaches %s', async (path, to, expected) => {
    expect(await reached(name, path, to)).toBe(expected);
  });
});

test.each([
  ['twilio', 'support.local'],
  ['plivo', 'support.local'],
  // These do not sign the URL: a genuine request for one agent is genuine at the URL of another.
  ['telnyx', 'say'],
  ['vonage', 'say'],
  ['jambonz', 'say'],
])('a call of %s to the number of another agent than the URL names reaches %s', async (name, expected) => {
  expect(await reached(name, '/support', SALES)).toBe(expected);
});
