import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { carrierNames, carrierOf, moduleOf } from '../helpers/carriers.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { documentOf } from '../helpers/read-document.ts';

const PUBLIC = 'https://voice.example.com/hooks';
const credentials = Object.assign(
  {},
  ...carrierNames.map((name) => moduleOf(name).inventCredentials()),
) as Record<string, string>;

let gateway: TestGateway;

/** Behind a proxy that ends TLS and cuts "/hooks": what carriers see is not what the gateway sees. */
beforeAll(async () => {
  gateway = await testGateway({
    agents: { support: 'ws://127.0.0.1:9/ws' },
    toml: `public_url = "${PUBLIC}/"`,
    env: credentials,
  });
});
afterAll(() => gateway.close());

interface Answer {
  readonly status: number;
  readonly body: string;
}

function send(path: string, headers: Record<string, string>, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { port: gateway.port, host: '127.0.0.1', path, method: 'POST', headers };
    const sending = request(options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    sending.on('error', reject).end(body);
  });
}

describe.each(carrierNames)('behind a proxy, a webhook of %s', (name) => {
  test.each([
    ['as it is', {}],
    [
      'whatever Host and X-Forwarded headers say',
      {
        host: 'evil.test',
        'x-forwarded-host': 'evil.test',
        'x-forwarded-proto': 'http',
        forwarded: 'host=evil.test',
      },
    ],
  ])('is checked over the public URL, %s', async (_, forged) => {
    const carrier = carrierOf(name, credentials);
    const call = carrier.newCall('+15557350001', '+15557350000');
    const ring = carrier.ring(call, { url: `${PUBLIC}/webhooks/${name}`, method: 'POST' }, Date.now());
    const { status, body } = await send(`/webhooks/${name}`, { ...ring.headers, ...forged }, ring.body);
    expect(status).toBe(200);
    const [stream, after] = carrier.readDocument(documentOf(body));
    expect(stream).toMatchObject({
      url: expect.stringMatching(`^wss://voice.example.com/hooks/ws/${name}/support.local/`),
    });
    expect(after).toMatchObject({ type: 'redirect', url: `${PUBLIC}/webhooks/${name}/after` });
  });
});

const signsUrl = (name: string): boolean => moduleOf(name).configure(credentials)?.signsUrl === true;

test.each(carrierNames.filter(signsUrl))(
  'a webhook of %s signed for the inner address is refused',
  async (name) => {
    const carrier = carrierOf(name, credentials);
    const call = carrier.newCall('+15557350001', '+15557350000');
    const ring = carrier.ring(call, { url: `${gateway.http}/webhooks/${name}`, method: 'POST' }, Date.now());
    expect(await send(`/webhooks/${name}`, { ...ring.headers }, ring.body)).toMatchObject({ status: 403 });
  },
);
