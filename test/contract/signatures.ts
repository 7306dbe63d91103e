import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { queryOf, readForm } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { Call, Provider, ProviderModule } from '../../shared/provider.ts';
import { readEvidence } from '../helpers/evidence.ts';

/** Headers that prove something; the others may be anything. */
const PROOF = /signature|timestamp|authorization/;

/** Who sent this, and which call is it about? */
export function describeSignatures(module: ProviderModule): void {
  const { env, carrierEnv, now, webhooks, call } = readEvidence(module.name);
  const provider = configured(module, env);
  const cases = webhooks.map((webhook) => [webhook.method, webhook] as const);

  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now }));
  afterEach(() => void vi.useRealTimers());

  describe.each(cases)('a genuine %s', (_, webhook) => {
    test('is accepted, and its call is read', async () => {
      expect(await provider.verify(webhook)).toEqual({ ok: true });
      expect(provider.readCall(webhook)).toEqual(call);
    });

    test('is refused without any one of the headers that prove it, or without all', async () => {
      expect(await isRefused(provider, { ...webhook, headers: {} })).toBe(true);
      const proofs = Object.entries(webhook.headers).filter(([name]) => PROOF.test(name));
      for (const [gone] of proofs) {
        const headers = Object.fromEntries(
          Object.entries(webhook.headers).filter(
            ([name, value]) => name !== gone && value !== webhook.headers[gone],
          ),
        );
        expect(await isRefused(provider, { ...webhook, headers })).toBe(true);
      }
    });

    test.each(Object.entries(badValues))('is refused in no time when a proof is %s', async (_name, spoil) => {
      const headers = Object.fromEntries(
        Object.entries(webhook.headers).map(([name, value]) => [
          name,
          PROOF.test(name) ? spoil(value) : value,
        ]),
      );
      const before = process.cpuUsage();
      expect(await isRefused(provider, { ...webhook, headers })).toBe(true);
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000).toBeLessThan(50); // ms; a few in fact
    });

    test('is refused when one character of a proof is another', async () => {
      const proofs = Object.entries(webhook.headers).filter(([name]) => PROOF.test(name));
      for (const [name, value] of proofs) {
        for (const other of neighbours(value)) {
          const same = (entry: string): string => (entry === value && PROOF.test(name) ? other : entry);
          const headers = Object.fromEntries(
            Object.entries(webhook.headers).map(([key, entry]) => [key, same(entry)]),
          );
          expect(await isRefused(provider, { ...webhook, headers }), `${name}: ${other}`).toBe(true);
        }
      }
    });

    test('does not become another call by one other character in URL or body', async () => {
      const passed: HttpRequest[] = [];
      for (const url of neighbours(webhook.url)) {
        const request = { ...webhook, url };
        // Telnyx signs no URL; the others take another spelling of the same parameters for the same.
        const free = !provider.signsUrl || isSameAs(request, webhook);
        if (!free && !(await isRefused(provider, request))) passed.push(request);
      }
      for (const body of neighbours(webhook.body)) {
        const request = { ...webhook, body };
        // A moved boundary, where names and values run together: no call, or the same if we read neither side of it.
        const free = provider.signsUrl && isNoOtherCall(provider, request, call);
        if (!free && !(await isRefused(provider, request))) passed.push(request);
      }
      expect(passed).toEqual([]);
    });

    test.each(Object.entries(polluted(webhook)))(
      'makes no call when polluted by %s',
      async (_name, request) => {
        expect((await isRefused(provider, request)) || provider.readCall(request) === null).toBe(true);
      },
    );
  });

  describe('a call rung by the carrier', () => {
    const carrier = module.carrier({ ...env, ...carrierEnv });
    const targets = [
      'https://gw.example.com/webhooks/x',
      'https://gw.example.com/webhooks/x?a=1',
      'http://127.0.0.1:7860/x',
    ];
    const numbers = ['+14155550100', 'sip:alice@sip.example.com', 'anonymous'];
    const methods = (['GET', 'POST'] as const).filter((method) =>
      webhooks.some((webhook) => webhook.method === method),
    );
    const rows = targets.flatMap((url) =>
      methods.flatMap((method) => numbers.map((from) => ({ method, url, from }))),
    );

    test.each(rows)(
      '$method $url from $from is accepted and reads back as the same call',
      async ({ method, url, from }) => {
        const rung = carrier?.newCall(from, '+14155550199');
        const request = rung && carrier?.ring(rung, { url, method }, now);
        expect(request && (await provider.verify(request))).toEqual({ ok: true });
        expect(request && provider.readCall(request)).toEqual(rung);
      },
    );

    test('has a new id each time', () => {
      expect(carrier?.newCall('+1', '+2').id).not.toBe(carrier?.newCall('+1', '+2').id);
    });

    test.each([
      '+1\r\nX: y',
      '+1\n',
      '\u0000',
      '',
      'x'.repeat(300),
      `sip:${'a'.repeat(300)}@b`,
      '<a>',
      '+1415555010O',
    ])('from %j is no call, although it is signed', async (from) => {
      const rung = carrier?.newCall(from, '+14155550199');
      const request = rung && carrier?.ring(rung, { url: 'https://gw.example.com/x', method: 'POST' }, now);
      expect(request && (await provider.verify(request))).toEqual({ ok: true });
      expect(request && provider.readCall(request)).toBeNull();
    });

    test('is refused when it is from another account', async () => {
      const stranger = module.carrier(module.inventCredentials());
      const rung = stranger?.newCall('+14155550100', '+14155550199');
      const request = rung && stranger?.ring(rung, { url: 'https://gw.example.com/x', method: 'POST' }, now);
      expect(request && (await isRefused(provider, request))).toBe(true);
    });

    test('is accepted under the old and the new secret while both are set, and under neither alone for the other', async () => {
      const [old, fresh] = [
        { ...env, ...carrierEnv },
        { ...module.inventCredentials(), ...identity(module, env) },
      ];
      const secret = module.variables[1] ?? '';
      const both = configured(module, { ...env, [secret]: `${fresh[secret]}, ${env[secret]}` });
      for (const [mine, other] of [
        [old, fresh],
        [fresh, old],
      ] as const) {
        const ringing = module.carrier(mine);
        const rung = ringing?.newCall('+14155550100', '+14155550199');
        const request = rung && ringing?.ring(rung, { url: 'https://gw.example.com/x', method: 'POST' }, now);
        expect(request && (await both.verify(request))).toEqual({ ok: true });
        expect(request && (await isRefused(configured(module, other), request))).toBe(true);
      }
    });
  });
}

/** Each makes a proof that must not pass. */
const badValues: Readonly<Record<string, (value: string) => string>> = {
  'wrong in its last character': (value) =>
    value.replace(/(.)(=*)$/, (_, last: string, pad: string) => (last === 'A' ? 'B' : 'A') + pad),
  empty: () => '',
  'sent twice': (value) => `${value}, ${value}`,
  'a megabyte': (value) => value.repeat(Math.ceil(2 ** 20 / value.length)),
  'a megabyte of commas': () => ','.repeat(2 ** 20),
  'not ASCII': (value) => `é${value.slice(1)}`,
  'a lone surrogate': (value) => `\ud800${value.slice(1)}`,
  'followed by a line feed': (value) => `${value}\n`,
  'without padding': (value) => value.replace(/=+$/, '') + '_',
};

/** Every text with one other character: the next code, the other case, a separator. */
function neighbours(text: string): string[] {
  return text.split('').flatMap((char, at) => {
    const code = char.charCodeAt(0);
    const others = [
      String.fromCharCode(code ^ 1),
      String.fromCharCode(code ^ 0x20),
      '&',
      '\u0080',
      '\udc00',
      '',
    ];
    return others
      .filter((other) => other !== char)
      .map((other) => text.slice(0, at) + other + text.slice(at + 1));
  });
}

/** The same address, the same parameters: only spelled in another way. */
function isSameAs(one: HttpRequest, other: HttpRequest): boolean {
  const [mine, theirs] = [one, other].map(({ url, body }) => [
    url.split('?')[0],
    [...(readForm(queryOf(url)) ?? [])].map(String).toSorted(byCode),
    [...(readForm(body) ?? [])].map(String).toSorted(byCode),
  ]);
  return JSON.stringify(mine) === JSON.stringify(theirs);
}

function polluted(webhook: HttpRequest): Record<string, HttpRequest> {
  const many = Array.from({ length: 10_000 }, (_, at) => `p${at}=1`).join('&');
  const extras = { 'a repeated name': 'To=%2B14155550199&To=%2B14155550199', '10,000 parameters': many };
  return Object.fromEntries(
    Object.entries(extras).map(([name, extra]) => [
      name,
      webhook.method === 'GET'
        ? { ...webhook, url: `${webhook.url}&${extra}` }
        : { ...webhook, body: `${webhook.body}&${extra}` },
    ]),
  );
}

/** The variables that name the account, not its secret. */
function identity(
  module: ProviderModule,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const name = module.variables[0] ?? '';
  return { [name]: env[name] ?? '' };
}

function configured(module: ProviderModule, env: Readonly<Record<string, string | undefined>>): Provider {
  const provider = module.configure(env);
  if (!provider) throw new Error(`${module.name} is not configured by its own evidence`);
  return provider;
}

async function isRefused(provider: Provider, request: HttpRequest): Promise<boolean> {
  const check = await provider.verify(request);
  return !check.ok && check.reason !== '';
}

function isNoOtherCall(provider: Provider, request: HttpRequest, call: Call): boolean {
  const read = provider.readCall(request);
  return read === null || JSON.stringify(read) === JSON.stringify({ ...read, ...call });
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
