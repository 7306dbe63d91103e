import { describe, expect, test } from 'vitest';
import { printRefusal, printRefusals } from '../../cli/print-refusal.ts';
import { readSavedRequest } from '../../cli/saved-request.ts';
import { allProviders, configured, configuredStreams } from '../../gateway/carriers.ts';
import { readConfig } from '../../gateway/config/config.ts';
import { invent } from '../../gateway/config/invented.ts';
import { explainSaved, type Verdict } from '../../gateway/explain/saved.ts';
import { carrierOf } from '../helpers/carriers.ts';
import { FROM, PUBLIC, TO } from './scene.ts';

const env = invent(allProviders).carriers;
const agent = 'bots = ["demo:"]\nwebsocket_auth =';
const config = readConfig({
  toml: `public_url = "${PUBLIC}"\n[[agents]]\nagent_name = "support"\n${agent} "token"\n[[agents]]\nagent_name = "signed"\n${agent} "signature"`,
  env,
  modules: allProviders,
  invent: () => invent(allProviders),
});
const carrier = carrierOf('twilio', env);

function explained(text: string): Promise<Verdict> {
  return explainSaved(readSavedRequest(text), {
    config,
    publicUrl: PUBLIC,
    providers: configured(config.carriers),
    streamsOnly: configuredStreams(config.carriers),
    modules: allProviders,
    now: Date.now,
  });
}

const { headers, body } = carrier.ring(
  carrier.newCall(FROM, TO),
  { url: 'https://calls.example.org/webhooks/twilio', method: 'POST' },
  Date.now(),
);
const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
const path = '/webhooks/twilio';
const url = `https://calls.example.org${path}`;
const har = {
  method: 'POST',
  url,
  headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
  postData: { mimeType: 'x', text: body },
};

describe('a saved request', () => {
  test.each([
    [
      'as it stood on the wire',
      [`POST ${path} HTTP/1.1`, 'Host: calls.example.org', ...lines, '', body].join('\r\n'),
    ],
    [
      'with line feeds, from an editor',
      [`POST ${path} HTTP/1.1`, 'Host: calls.example.org', ...lines, '', body, ''].join('\n'),
    ],
    [
      'with its length',
      [
        `POST ${path}`,
        'Host: calls.example.org',
        ...lines,
        `Content-Length: ${body.length}`,
        '',
        `${body}\n\n`,
      ].join('\n'),
    ],
    ['as JSON with its whole URL', JSON.stringify({ method: 'post', url, headers, body })],
    [
      'as JSON with lists of values',
      JSON.stringify({
        url,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
        body,
      }),
    ],
    [
      'as JSON with a prefix',
      JSON.stringify({ url: `https://calls.example.org/edge${path}`, headers, body }),
    ],
    ['as an entry of a HAR', JSON.stringify({ request: har })],
    ['as a whole HAR', JSON.stringify({ log: { entries: [{ request: har }] } })],
  ])('%s is explained', async (_, text) => {
    expect(await explained(text)).toMatchObject({
      explanation: { cause: 'host', setting: 'public_url = "https://calls.example.org"' },
    });
  });

  test.each([
    [
      'a genuine webhook',
      () => ({
        ...carrier.ring(carrier.newCall(FROM, TO), { url: PUBLIC + path, method: 'POST' }, Date.now()),
      }),
      'genuine',
    ],
    ['a webhook of no carrier', () => ({ url: '/webhooks/nobody', headers }), 'nobody answers'],
    [
      'a webhook of another type',
      () => ({ url: path, headers: { ...headers, 'content-type': 'text/plain' }, body }),
      'refused with 415',
    ],
    [
      'a socket of no agent',
      () => ({ method: 'GET', url: '/ws/twilio/none.local', headers: {} }),
      'no such agent',
    ],
    [
      'a socket of no carrier',
      () => ({ method: 'GET', url: '/ws/nobody/support.local', headers: {} }),
      'refused with 404',
    ],
    [
      'a good signature',
      () => ({
        method: 'GET',
        url: '/ws/twilio/signed.local',
        headers: carrier.upgradeHeaders('wss://voice.example.com/ws/twilio/signed.local'),
      }),
      'no session waited',
    ],
  ])('%s gets a sentence', async (_, request, sentence) => {
    expect(await explained(JSON.stringify(request()))).toEqual({
      sentence: expect.stringContaining(sentence),
    });
  });

  test.each([
    ['a socket without a token', '/ws/generic/support.local', {}, 'token-missing'],
    [
      'a socket with a forged token',
      `/ws/generic/support.local/${'A'.repeat(100)}.${'A'.repeat(43)}`,
      {},
      'token-forged',
    ],
    ['a socket without a signature', '/ws/twilio/signed.local', {}, 'header-missing'],
    ['a socket of a carrier that signs none', '/ws/telnyx/signed.local', {}, 'unsigned-carrier'],
  ])('%s is explained', async (_, target, more, cause) => {
    const request = { method: 'GET', url: `wss://voice.example.com${target}`, headers: more };
    expect(await explained(JSON.stringify(request))).toMatchObject({ explanation: { cause } });
  });

  test.each([
    ['nothing', '', 'no request line'],
    ['a page', '<html>', 'no request line'],
    ['half a JSON', '{', 'no JSON object'],
    ['JSON without a URL', '{"body":""}', 'needs "url"'],
    ['a body that was parsed', '{"url":"/webhooks/twilio","body":{"a":1}}', '"body" must be the text'],
    ['headers that are none', '{"url":"/webhooks/twilio","headers":{"a":1}}', '"headers" must be'],
    ['a line that is no header', 'POST /webhooks/twilio HTTP/1.1\nnonsense\n\n', 'no header line'],
    ['a request for something else', 'GET /index.html HTTP/1.1\n\n', 'none of a gateway'],
    ['far too much', 'x'.repeat(1024 * 1024 + 1), 'over 1048576'],
  ])('of %s is refused with a sentence', async (_, text, sentence) => {
    await expect(async () => explained(text)).rejects.toMatchObject({
      code: 'ERR_REQUEST_INVALID',
      message: expect.stringContaining(sentence),
    });
  });
});

describe('what is printed', () => {
  test('says when nothing was refused', () => {
    expect(printRefusals('{"refusals":[]}')).toBe('nothing was refused since the gateway started\n');
  });

  test.each(['', '[]', '{"refusals":[{}]}', '<html>'])(
    'of an answer that is none is a sentence: %j',
    (answer) => {
      expect(() => printRefusals(answer)).toThrow('no gateway of this release');
    },
  );

  test('obeys no terminal codes, whoever sent them', () => {
    const judged = {
      method: 'GET',
      scheme: 'https',
      host: 'a',
      port: 'default',
      path: '/',
      slash: 'x',
      query: [],
    };
    const tried = { spellings: 0, parts: [] };
    const evil = { cause: 'host', sentence: '\u001b[2J', setting: 'a\nb', tried, matched: null, judged };
    const printed = printRefusal(JSON.stringify(evil));
    for (const text of ['\u001b', 'a\nb']) expect(printed).not.toContain(text);
  });
});
