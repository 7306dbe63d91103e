import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plivo, telnyx, twilio } from '../../providers/index.ts';
import type { CallControl } from '../../shared/call-control.ts';
import type { Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { ProviderModule } from '../../shared/provider.ts';

const modules = { twilio, plivo, telnyx };
const CALL = 'CA0123456789abcdef0123456789abcdef';
const PLACED = {
  from: '+15551230000',
  to: '+15551230001',
  answerUrl: 'https://voice.example.com/a',
  statusUrl: 'https://voice.example.com/s',
  ringTimeout: 60,
};

/** Answers all requests alike, or none. */
let server: Server;
let answer: { status: number; body: string } | null = null;
let asked = 0;
beforeAll(async () => {
  server = createServer((request, response) => {
    asked += 1;
    request.resume();
    if (answer) response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function origin(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function controlOf(module: ProviderModule, more: Env = {}): { control: CallControl; env: Env } {
  const env = {
    ...module.inventCredentials(),
    TWILIO_API_URL: origin(),
    PLIVO_API_URL: origin(),
    TELNYX_API_URL: origin(),
    TELNYX_ACCOUNT_SID: 'a',
    TELNYX_APPLICATION_ID: 'b',
    ...more,
  };
  const control = module.control?.(env, { fetch, timeout: 200 });
  if (!control) throw new Error('no control');
  return { control, env };
}

async function failure(command: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await command.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof GatewayError) return error;
  throw new Error(`not a GatewayError: ${String(error)}`);
}

describe.each(Object.entries(modules))('%s', (name, module) => {
  const told = {
    twilio: (code: number, message: string) => JSON.stringify({ code, message, status: 400 }),
    plivo: (_code: number, error: string) => JSON.stringify({ api_id: 'x', error }),
    telnyx: (code: number, detail: string) =>
      JSON.stringify({ errors: [{ code: String(code), title: 't', detail }] }),
  }[name as keyof typeof modules];

  test.each([
    [401, 'ERR_CARRIER_REFUSED', /credentials.*: check [A-Z_]+/],
    [403, 'ERR_CARRIER_REFUSED', /403.*no right for …4567\. /],
    [400, 'ERR_CARRIER_REFUSED', /400/],
    [402, 'ERR_CARRIER_REFUSED', /402/],
    [404, 'ERR_CALL_OVER', /over/],
    [429, 'ERR_CARRIER_UNREACHABLE', /too many requests/],
    [500, 'ERR_CARRIER_UNREACHABLE', /ask again/],
    [302, 'ERR_CARRIER_REFUSED', /302/],
  ])('%i is %s', async (status, code, sentence) => {
    const { control, env } = controlOf(module);
    answer = { status, body: told(99_999, `you have no right for +15551234567`) };
    const error = await failure(control.hangUp!(CALL));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toContain('15551234567');
    for (const secret of Object.values(module.inventCredentials()))
      expect(error.message).not.toContain(secret);
    for (const key of module.variables) expect(JSON.stringify(error)).not.toContain(env[key]);
  });

  test('what is no JSON is told by its status', async () => {
    answer = { status: 502, body: '<html>Bad gateway</html>' };
    const error = await failure(controlOf(module).control.hangUp!(CALL));
    expect([error.code, error.message]).toEqual([
      'ERR_CARRIER_UNREACHABLE',
      expect.stringMatching(/^\w+ answers HTTP 502\. the fault is there/),
    ]);
  });

  test('a carrier that does not answer is given up in time, and asked once', async () => {
    answer = null;
    const before = asked;
    const began = performance.now();
    const error = await failure(controlOf(module).control.place!(PLACED));
    expect(error.code).toBe('ERR_CARRIER_UNREACHABLE');
    expect(error.message).toMatch(/within 0\.2 s.*is not known/);
    expect(error.message).toContain(origin());
    expect(performance.now() - began).toBeLessThan(5000);
    expect(asked - before).toBe(1);
  });

  test('a call is never placed twice, whatever the carrier answers', async () => {
    answer = { status: 503, body: '{}' };
    const before = asked;
    expect((await failure(controlOf(module).control.place!(PLACED))).code).toBe('ERR_CARRIER_UNREACHABLE');
    expect(asked - before).toBe(1);
  });

  test('what is no carrier there cannot be reached', async () => {
    const url = 'http://127.0.0.1:1';
    const { control } = controlOf(module, { TWILIO_API_URL: url, PLIVO_API_URL: url, TELNYX_API_URL: url });
    expect((await failure(control.hangUp!(CALL))).message).toMatch(
      /cannot be reached at http:\/\/127\.0\.0\.1:1:/,
    );
  });

  test.each([
    'http://api.example.com',
    'https://user:pass@api.example.com',
    'ftp://127.0.0.1',
    'api',
    'https://a/?b=c',
  ])('an API at %s is a mistake', (url) => {
    expect(() => controlOf(module, { TWILIO_API_URL: url, PLIVO_API_URL: url, TELNYX_API_URL: url })).toThrow(
      /_API_URL must be an https URL/,
    );
  });

  test('without credentials there is nothing to control', () => {
    expect(module.control?.({}, { fetch })).toBeNull();
  });
});

test('a masked explanation ends a line, and is cut', async () => {
  answer = {
    status: 400,
    body: JSON.stringify({ code: 21_210, message: `a\nb ${'c'.repeat(500)}`, status: 400 }),
  };
  const { message } = await failure(controlOf(twilio).control.place!(PLACED));
  expect(message).toMatch(
    /^twilio refuses \(error 21210, HTTP 400\): a b c{196}\. call from a number of this account/,
  );
});

test('Telnyx says what is missing for another document, and for calling out', () => {
  const { control } = controlOf(telnyx, { TELNYX_ACCOUNT_SID: '', TELNYX_APPLICATION_ID: '' });
  expect(Object.keys(control)).not.toEqual(expect.arrayContaining(['redirect']));
  expect(Object.keys(control)).not.toEqual(expect.arrayContaining(['place']));
  expect(control.lacks?.redirect).toContain('TELNYX_ACCOUNT_SID');
  expect(control.lacks?.place).toContain('TELNYX_APPLICATION_ID');
});

test('no SDK is loaded for a REST interface before it is used', () => {
  const built = join(import.meta.dirname, '../../dist/gateway/carriers.js');
  const script = `
    import { createRequire } from 'node:module';
    import { pathToFileURL } from 'node:url';
    const { allProviders } = await import(pathToFileURL(${JSON.stringify(built)}).href);
    const loaded = () => Object.keys(createRequire(import.meta.url).cache)
      .filter((path) => /node_modules.(axios|twilio.lib.(index|rest|base)|plivo.dist.re)/.test(path)).length;
    const controls = allProviders.map((one) => one.control?.(one.inventCredentials(), { fetch, timeout: 1 }) ?? null);
    const before = loaded();
    await controls.find((control) => control?.hangUp).hangUp('CA0').catch(() => {});
    console.log(JSON.stringify([before, loaded() > 0]));
  `;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(JSON.parse(said)).toEqual([0, true]);
});
