import { expect, test } from 'vitest';
import { allProviders, configured } from '../../gateway/carriers.ts';
import { explainSignature, type FailedCheck } from '../../gateway/explain/signature.ts';
import { explainToken } from '../../gateway/explain/token.ts';
import { tokenSigner } from '../../gateway/token.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { SignatureCheck } from '../../shared/provider.ts';

/** Milliseconds of CPU that one explanation may cost, on a slow machine with tests beside this one. Three begin each second. */
const MAX_COST = 150;

const [provider] = configured(allProviders.find(({ name }) => name === 'twilio')?.inventCredentials() ?? {});
const AT = 'wss://voice.example.com/ws/twilio/support.local';
const signature = { 'x-twilio-signature': Buffer.alloc(20, 1).toString('base64') };
const hosts = { 'x-forwarded-host': 'a.example,b.example,c.example,d.example', 'x-forwarded-port': '8443' };
const names = (count: number): string => Array.from({ length: count }, (_, at) => `${at}`).join('&');
const form = Array.from({ length: 200 }, (_, at) => `p${at}=${'%41'.repeat(100)}`).join('&');

const upgrade = (url: string): HttpRequest => ({
  method: 'GET',
  url,
  headers: { ...signature, ...hosts },
  body: '',
});

test.each<[string, HttpRequest]>([
  ['a query of thousands of names', upgrade(`${AT}?${names(1900)}`)],
  ['a query of nothing but separators', upgrade(`${AT}?${'&'.repeat(8000)}`)],
  ['a path of nothing but slashes', upgrade(`${AT}${'/'.repeat(8000)}x/`)],
  [
    'as many parameters as there may be, in query and body',
    {
      method: 'POST',
      url: `https://voice.example.com/webhooks/twilio?${names(200)}`,
      headers: { ...signature, ...hosts },
      body: form,
    },
  ],
])('to explain why %s was refused costs little', async (_, request) => {
  if (!provider) throw new Error('no provider');
  const isUpgrade = request.url.startsWith('ws');
  const verify = async (one: HttpRequest): Promise<SignatureCheck> =>
    isUpgrade && provider.verifyUpgrade ? provider.verifyUpgrade(one) : provider.verify(one);
  const check = await verify(request);
  if (check.ok) throw new Error('it was not refused');
  const failed: FailedCheck = { provider, variables: [], signsUrl: true, verify, others: [] };
  const around = { publicUrl: 'https://voice.example.com', ports: ['7860'], agents: [], paths: [] };
  const found = await cheapest(() =>
    explainSignature(request, check, failed, { ...around, mask: (text) => text }),
  );
  expect(found).toBeLessThan(MAX_COST);
});

test('to explain why a token of nothing but quotes was refused costs little', async () => {
  const tokens = tokenSigner([{ kid: 'k1', key: Buffer.alloc(32, 1) }], () => 0);
  const address = { endpoint: 'generic', serviceHost: 'a.b', token: `A${'"'.repeat(15_000)}A`, body: null };
  expect(await cheapest(async () => explainToken(address, tokens, 0))).toBeLessThan(MAX_COST);
});

/** Milliseconds of CPU of the cheapest of three runs: what else happens meanwhile is not its cost. */
async function cheapest(run: () => Promise<unknown>): Promise<number> {
  const costs: number[] = [];
  for (let time = 0; time < 3; time += 1) {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    costs.push((user + system) / 1000);
  }
  return Math.min(...costs);
}
