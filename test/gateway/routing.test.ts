import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sharedTo } from '../../gateway/routing.ts';
import { numberOf } from '../../shared/party.ts';
import { carrierOf, ring } from '../helpers/carriers.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { readSamples } from '../helpers/scrape.ts';
import { agent, HOTLINE, NOBODYS, OWN, ROUTES, SPLIT, TWILIO_ONLY } from './routing-scene.ts';

const FROM = '+15557350001';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({
    toml: ROUTES,
    agents: { first: agent(), support: agent(`numbers = ["${OWN.slice(1)}"]`), next: agent() },
  });
});
afterAll(() => gateway.close());

/** Service host of the stream that the document opens; what is said when it opens none. */
async function reached(
  name: string,
  to: string,
  { path = '', id }: { readonly path?: string; readonly id?: string } = {},
): Promise<string | undefined> {
  const carrier = carrierOf(name, gateway.carriers);
  const call = { ...carrier.newCall(FROM, to), ...(id !== undefined && { id }) };
  const { streamUrl, verbs } = await ring(carrier, call, `${gateway.http}/webhooks/${name}${path}`);
  const [verb] = verbs;
  return verb?.type === 'say' ? verb.text : streamUrl.split('/').at(-2);
}

const NOBODY = 'There is nobody at this number.';
const SORRY = 'Sorry, nobody can take your call right now. Please call again later.';

describe('a call is routed', () => {
  test.each([
    ['twilio', OWN, '', 'next.local', 'by a route of its carrier, before the number of an agent'],
    ['plivo', OWN, '', 'support.local', 'by the number of an agent'],
    ['telnyx', OWN, '', 'support.local', 'by the number of an agent'],
    ['twilio', `sip:${HOTLINE}@acme.sip.example.com`, '', 'desk.other', 'by the number in a SIP URI'],
    [
      'twilio',
      `sip:${HOTLINE.slice(1)};user=phone@1.2.3.4:5060`,
      '',
      'desk.other',
      'by the number in a SIP URI',
    ],
    ['twilio', 'sip:hotline@acme.sip.example.com', '', NOBODY, 'by no name in a SIP URI'],
    ['twilio', TWILIO_ONLY, '', 'next.local', 'by a route of its carrier'],
    ['plivo', TWILIO_ONLY, '', NOBODY, 'by no route of another carrier'],
    ['twilio', NOBODYS, '', NOBODY, 'to nobody when the number is nobody’s'],
    ['twilio', NOBODYS, '/hotline', 'desk.other', 'by the path of a route'],
    ['twilio', NOBODYS, '/next', 'next.local', 'by the name of an agent'],
    ['twilio', NOBODYS, '/stranger', SORRY, 'to nobody by a path that is nobody’s'],
    // Telnyx does not sign the URL: the called number must be one of the route, or of the agent.
    ['telnyx', HOTLINE, '/hotline', 'desk.other', 'by a path that its number proves'],
    ['telnyx', OWN, '/hotline', SORRY, 'by no path that its number does not prove'],
    ['telnyx', OWN, '/next', SORRY, 'to no agent that other numbers lead to'],
    ['telnyx', NOBODYS, '/first', 'first.local', 'to an agent that no number leads to'],
  ])('of %s to %s at "%s": reaches %s, %s', async (name, to, path, expected) => {
    expect(await reached(name, to, { path })).toBe(expected);
  });

  test('the same way at every repetition, and through a route both ways', async () => {
    const carrier = carrierOf('twilio', gateway.carriers);
    const met = new Map<string, string | undefined>();
    for (let count = 0; count < 30; count += 1) {
      const { id } = carrier.newCall(FROM, SPLIT);
      met.set(id, await reached('twilio', SPLIT, { id }));
    }
    expect(new Set(met.values())).toEqual(new Set(['support.local', 'next.local']));
    for (const [id, host] of met) expect(await reached('twilio', SPLIT, { id })).toBe(host);
  });

  test('and that is logged and counted, once for each call', async () => {
    const lines = gateway.log.filter(({ msg, route }) => msg === 'call started' && route === 'canary');
    expect(lines).toHaveLength(30);
    const samples = readSamples(await gateway.scrape());
    const count = (route: string, host: string): number =>
      samples.get(`hookswitch_calls_routed_total{route="${route}",agent="${host}"}`) ?? 0;
    expect(count('canary', 'support.local')).toBe(lines.filter((line) => line['agent'] === 'support').length);
    expect(count('canary', 'support.local') + count('canary', 'next.local')).toBe(30);
    expect(count('hot', 'desk.other')).toBe(4);
    expect(count('route-2', 'next.local')).toBe(2);
    expect(count('numbers', 'support.local')).toBe(2);
    expect(count('path', 'next.local')).toBe(1);
  });
});

describe('a share of the calls', () => {
  test('is what it says, for call ids as carriers make them', () => {
    const shares = [5, 0, 25, 70].map((percent) => ({ agent: `a${percent}.local`, percent }));
    const hex = fc.string({
      unit: fc.nat(15).map((digit) => digit.toString(16)),
      minLength: 32,
      maxLength: 32,
    });
    const ids = fc.sample(hex, { seed: 20_261_121, numRuns: 10_000 });
    const met = ids.map((id) => sharedTo(`CA${id}`, shares).percent);
    for (const { percent } of shares) {
      const expected = percent * 100;
      const deviation = Math.sqrt((expected * (100 - percent)) / 100);
      const count = met.filter((one) => one === percent).length;
      expect(Math.abs(count - expected)).toBeLessThanOrEqual(4 * deviation);
    }
  });

  test('keeps its calls when it grows', () => {
    const grown = (percent: number) => (id: string) =>
      sharedTo(id, [
        { agent: 'next', percent },
        { agent: 'now', percent: 100 - percent },
      ]).agent;
    const property = fc.property(fc.string(), fc.nat(100), fc.nat(100), (id, one, other) => {
      const [small, large] = [Math.min(one, other), Math.max(one, other)];
      expect([grown(large)(id), 'now']).toContain(grown(small)(id));
    });
    fc.assert(property);
  });
});

test.each([
  ['+15557350001', '+15557350001'],
  ['15557350001', '+15557350001'],
  ['sip:+15557350001@example.com', '+15557350001'],
  ['sips:15557350001;npdi@example.com:5061;transport=tls', '+15557350001'],
  ['611', '611'],
  ['sip:611@example.com', '611'],
  ['sip:support@example.com', null],
  ['sip:example.com', null],
  ['sip:+1555@15557350001@example.com', '+1555'],
  ['client:15557350001', null],
  ['anonymous', null],
])('the number of %s is %s', (party, number) => {
  expect(numberOf(party)).toBe(number);
});
