import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { checkExport } from '../../cli/export/targets.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { Call } from '../../shared/provider.ts';
import { carrierOf, moduleOf, webhookCarriers } from '../helpers/carriers.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { secret } from '../helpers/leaks.ts';
import { exportInto } from './exported.ts';
import { pipecatCloud, type PipecatCloud } from './pipecat-cloud.ts';
import { platforms, type Answered, type Deployed, type Platform } from './platforms.ts';
import { linesOf } from './processes.ts';

/** Milliseconds. Twilio gives a Function ten seconds; two of them are a margin. */
const HANDLER_LIMIT = 8000;

let gateway: TestGateway;
let pipecat: PipecatCloud;
/** Takes a connection and says nothing; or says the head of an answer, and nothing more. */
let silent: Server;
let stalling: Server;
/** Sends everybody on to the gateway. */
let moved: Server;
const deployed = new Map<Platform, Deployed>();
const folder = mkdtempSync(join(tmpdir(), 'hookswitch-functions-'));

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function carriersOn({ target }: Platform): string[] {
  return webhookCarriers.filter((name) => {
    try {
      checkExport(target, moduleOf(name));
      return true;
    } catch {
      return false;
    }
  });
}

/** What is exported of each carrier: an agent's name, and how its sessions start. */
function scenes(): Readonly<Record<string, readonly string[]>> {
  const fallback = ['--say', 'Nobody & nothing.', '--dial', '+15551239999'];
  return {
    support: ['--start-url', gateway.http, '--callbacks', gateway.http, ...fallback],
    // Nobody listens there: the discard port.
    dead: ['--start-url', 'http://127.0.0.1:9', ...fallback],
    silent: ['--start-url', addressOf(silent), ...fallback],
    stalling: ['--start-url', addressOf(stalling), ...fallback],
    moved: ['--start-url', addressOf(moved), ...fallback],
    'my-agent': ['--start-url', pipecat.url, '--start-api', 'pipecat-cloud'],
  };
}

beforeAll(async () => {
  gateway = await testGateway({ agents: { support: 'ws://127.0.0.1:9/' } });
  pipecat = await pipecatCloud(gateway.publicKey);
  silent = createServer((asked) => void noteStart(asked)).listen(0, '127.0.0.1');
  stalling = createServer((asked, answer) => {
    void noteStart(asked);
    answer.writeHead(200, { 'content-type': 'application/json' }).write('{"sessionId":"1","wsUrl":"wss://');
  }).listen(0, '127.0.0.1');
  moved = createServer(({ url }, answer) => {
    answer.writeHead(307, { location: `${gateway.http}${url?.replace('moved', 'support')}` }).end();
  }).listen(0, '127.0.0.1');
  await Promise.all([silent, stalling, moved].map((server) => once(server, 'listening')));
  const templates = inject('templates');
  await Promise.all(
    platforms.map(async (platform) => {
      const own = mkdtempSync(join(folder, 'exported-'));
      for (const provider of carriersOn(platform)) {
        for (const [agent, options] of Object.entries(scenes())) {
          exportInto(own, templates, [platform.target, '--provider', provider, '--agent', agent, ...options]);
        }
      }
      deployed.set(platform, await platform.deploy(own, variablesOn(platform)));
    }),
  );
});
afterAll(async () => {
  await Promise.all([...deployed.values()].map((one) => one.stop()));
  for (const server of [silent, stalling, moved]) {
    server.closeAllConnections();
    server.close();
  }
  await Promise.all([gateway.close(), pipecat.close()]);
  rmSync(folder, { recursive: true });
});

/** Every carrier's, as made up for the gateway; a Twilio Function has the account by the platform's names. */
function variablesOn({ target }: Platform): Record<string, string> {
  const needed = webhookCarriers.flatMap((name) => {
    const { variables, webhookVariables = variables } = moduleOf(name);
    return webhookVariables;
  });
  const own = needed.map((name) => [
    target === 'twilio-function' ? name.replace(/^TWILIO_/, '') : name,
    gateway.carriers[name] ?? '',
  ]);
  return { ...Object.fromEntries(own), HOOKSWITCH_PUBLIC_KEY: gateway.publicKey } as Record<string, string>;
}

interface Ringing {
  readonly method?: 'GET' | 'POST';
  readonly change?: (request: HttpRequest) => HttpRequest;
  readonly call?: Call;
}

/** A new call of a carrier to what was exported for `agent`, or one that the gateway was rung with. */
async function ring(
  platform: Platform,
  provider: string,
  agent: string,
  { method = 'POST', change = (request) => request, call = newCall(provider) }: Ringing = {},
): Promise<Answered> {
  const on = deployed.get(platform) as Deployed;
  const stem = `${provider}-${agent}`;
  const asked = carrierOf(provider, gateway.carriers).ring(call, { url: on.urlOf(stem), method }, Date.now());
  const request = change(asked);
  secret(call.from, call.to, ...proofsOf(request));
  return on.ask(stem, request);
}

function newCall(provider: string): Call {
  return carrierOf(provider, gateway.carriers).newCall('+15551230001', '+15551230000');
}

function starts(): number {
  return gateway.log.filter(({ msg }) => msg === 'session started').length;
}

function withoutToken(document: string): string {
  return document.replaceAll(/[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}/g, 'TOKEN');
}

const rows = platforms.flatMap((platform) =>
  carriersOn(platform).map((provider) => ({ platform, provider, on: platform.name })),
);

describe.each(rows)('$provider on $on', ({ platform, provider }) => {
  test.each(['POST', 'GET'] as const)('gets by %s what the gateway would answer', async (method) => {
    const call = newCall(provider);
    const url = `${gateway.http}/webhooks/${provider}/support`;
    const asked = carrierOf(provider, gateway.carriers).ring(call, { url, method }, Date.now());
    const { headers, body } = asked;
    const theirs = await fetch(asked.url, { method, headers, ...(method === 'POST' && { body }) });
    const ours = await ring(platform, provider, 'support', { method, call });
    expect(ours).toMatchObject({ status: theirs.status, type: theirs.headers.get('content-type') });
    expect(withoutToken(ours.body)).toBe(withoutToken(await theirs.text()));
    // Some carriers sign no GET: both refuse it.
    expect(ours.body).toMatch(method === 'POST' ? '/ws/' : '');
  });

  test('starts nothing for a signature that is wrong', async () => {
    const before = starts();
    const change = (request: HttpRequest): HttpRequest => ({
      ...request,
      headers: forgedHeaders(request.headers),
    });
    expect(await ring(platform, provider, 'support', { change })).toMatchObject({ status: 403 });
    expect(starts()).toBe(before);
  });

  test('is told what to say and whom to call when nobody can be reached', async () => {
    const { status, body } = await ring(platform, provider, 'dead');
    expect(status).toBe(200);
    expect(body).toMatch(/Nobody (?:&amp;|&) nothing\.[^]*15551239999/);
  });

  test('gets the stream that Pipecat Cloud names', async () => {
    const { status, body } = await ring(platform, provider, 'my-agent');
    expect(status).toBe(200);
    expect(body).toContain(pipecat.streamUrl);
  });
});

/** Headers that prove who asks. */
function isProof(name: string): boolean {
  return /signature|authorization/.test(name) && !/timestamp|nonce/.test(name);
}

function proofsOf({ headers }: HttpRequest): string[] {
  return Object.entries(headers).flatMap(([name, value]) => (isProof(name) ? [value] : []));
}

/** Another character in the middle of each. */
function forgedHeaders(headers: HttpRequest['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const middle = Math.floor(value.length / 2);
      const other = value[middle] === 'A' ? 'B' : 'A';
      return [name, isProof(name) ? value.slice(0, middle) + other + value.slice(middle + 1) : value];
    }),
  );
}

/** When /start was asked about a call, by its id. */
const startedAt = new Map<string, number>();
async function noteStart(asked: IncomingMessage): Promise<void> {
  const { call } = JSON.parse(await text(asked)) as { readonly call: Call };
  startedAt.set(call.id, performance.now());
}

test('a caller hears the fallback within 8 s, on every platform, when /start is silent, or stalls in its answer', async () => {
  const asked = platforms.flatMap((platform) =>
    ['silent', 'stalling'].map(async (agent) => {
      const [provider = ''] = carriersOn(platform);
      const call = newCall(provider);
      const { status, body } = await ring(platform, provider, agent, { call });
      // From /start on: how long a platform takes to begin, twilio-run with a new process each time, is not ours to say.
      const took = performance.now() - (startedAt.get(call.id) ?? 0);
      return { on: platform.name, status, body, took };
    }),
  );
  for (const { on, status, body, took } of await Promise.all(asked)) {
    expect([on, status, body]).toEqual([on, 200, expect.stringContaining('Nobody')]);
    expect(took).toBeLessThan(HANDLER_LIMIT);
  }
});

test.each(platforms)(
  'the key goes to no other address than the one that was set, on $name',
  async (platform) => {
    const [provider = ''] = carriersOn(platform);
    const before = starts();
    expect(await ring(platform, provider, 'moved')).toMatchObject({
      body: expect.stringContaining('Nobody') as unknown,
    });
    expect(starts()).toBe(before);
  },
);

test('a platform keeps a log of what became of its webhooks, without keys and numbers', () => {
  for (const one of deployed.values()) {
    const log = linesOf(one.output()).join('\n');
    expect(log).toMatch(/^hookswitch: call \S+ has session/m);
    expect(log).toMatch(/^hookswitch: webhook refused with 403: .* \(URL: https:/m);
    expect(log).toMatch(/^hookswitch: call \S+ hears the fallback: \/start cannot be reached/m);
    expect(log).not.toMatch(/1555123|pk_/);
  }
});
