import { describe, expect, test } from 'vitest';
import { allProviders } from '../../gateway/carriers.ts';
import { DEFAULT_OUTBOUND_SESSIONS } from '../../gateway/config/calls.ts';
import { readConfig, type Config } from '../../gateway/config/config.ts';
import { invent } from '../../gateway/config/invented.ts';
import type { CallRules } from '../../gateway/calls/rules.ts';
import type { Env } from '../../shared/env.ts';

const AGENT = '[[agents]]\nagent_name = "a"\nwebsocket_auth = "token"\nbots = ["ws://127.0.0.1:1/ws"]\n';
const OUTBOUND = '[agents.outbound]\nfrom = ["+15551230000"]\nto = ["+1555"]\n';

function read(toml: string | null, env: Env = {}): Config {
  return readConfig({ toml, env, modules: allProviders, invent: () => invent(allProviders) });
}

function rulesOf(toml: string | null): CallRules | undefined {
  return read(toml).organizations[0]?.agents[0]?.calls;
}

test('nobody is called, and no call is handed to a phone, unless the file says so', () => {
  expect(rulesOf(AGENT)).toEqual({
    control: true,
    transferTo: [],
    endWhenBotLeaves: false,
    outbound: null,
  });
});

test('what an agent may do with calls is read', () => {
  const more = 'call_control = false\ntransfer_to = ["+1555", "+"]\nend_call_when_bot_leaves = true\n';
  expect(rulesOf(AGENT + more + OUTBOUND)).toEqual({
    control: false,
    transferTo: ['+1555', '+'],
    endWhenBotLeaves: true,
    outbound: { from: ['+15551230000'], to: ['+1555'], maxSessions: DEFAULT_OUTBOUND_SESSIONS },
  });
});

test('with nothing configured, the demo agent calls fiction only, and the carriers are asked on this machine', () => {
  expect(rulesOf(null)?.outbound?.to).toEqual(['+1555']);
  const { carriers, secretValues } = read(null);
  expect(carriers).toMatchObject({
    TWILIO_API_URL: 'http://127.0.0.1:7863',
    PLIVO_API_URL: 'http://127.0.0.1:7863',
    TELNYX_API_URL: 'http://127.0.0.1:7863',
  });
  expect(secretValues).not.toContain('http://127.0.0.1:7863');
});

describe('of the carriers’ REST interfaces', () => {
  const twilio = { TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`, TWILIO_AUTH_TOKEN: 'token-of-twilio' };
  const url = 'https://api.dublin.ie1.twilio.com';

  test('none is invented beside real credentials', () => {
    expect(read(AGENT, twilio).carriers).not.toHaveProperty('TWILIO_API_URL');
  });

  test('a regional one is taken, and is no secret', () => {
    const { carriers, secretValues } = read(AGENT, { ...twilio, TWILIO_API_URL: url });
    expect(carriers['TWILIO_API_URL']).toBe(url);
    expect(secretValues).not.toContain(url);
    expect(secretValues).toContain('token-of-twilio');
  });

  test('one alone switches no carrier on', () => {
    const config = read(AGENT, { PUBLIC_URL: 'https://voice.example.com', TWILIO_API_URL: url });
    expect(config.warnings.join()).toMatch(/no carrier has credentials/);
  });

  test('one where credentials would travel in the clear is a mistake', () => {
    expect(() => read(AGENT, { ...twilio, TWILIO_API_URL: 'http://api.twilio.com' })).toThrow(
      /twilio: TWILIO_API_URL must be an https URL/,
    );
  });
});

test.each([
  ['transfer_to = ["1555"]', /agents\[0\]\.transfer_to\[0\]: write a number or its beginning/],
  ['transfer_to = ["+0"]', /transfer_to\[0\]/],
  [OUTBOUND.replace('"+1555"', '"+1555x"'), /agents\[0\]\.outbound\.to\[0\]: write a number/],
  [OUTBOUND.replace('"+1555"', ''), /agents\[0\]\.outbound\.to: name the numbers/],
  [OUTBOUND.replace('"+15551230000"', ''), /agents\[0\]\.outbound\.from: name at least one/],
  [`${OUTBOUND}max_sessions = 0`, /outbound\.max_sessions/],
  [`${OUTBOUND}limit = 1`, /outbound/],
  [
    'end_call_when_bot_leaves = true\n[agents.steps]\ngoodbye = [{ say = "Bye" }]',
    /agents\[0\]\.steps\.goodbye: end_call_when_bot_leaves ends the call first/,
  ],
])('%s is a mistake', (more, sentence) => {
  expect(() => read(AGENT + more)).toThrow(sentence);
});

test.each(['none', 'signature'])('an agent with websocket_auth = "%s" calls nobody', (auth) => {
  const toml = AGENT.replace('"token"', `"${auth}"`) + OUTBOUND;
  expect(() => read(toml)).toThrow(/agents\[0\]\.outbound: needs websocket_auth = "token"/);
});

test.each([
  ['transfer_to = ["+"]', /agent a\.local: transfer_to allows every number in the world/],
  [OUTBOUND.replace('"+1555"', '"+"'), /agent a\.local: outbound\.to allows every number in the world/],
])('%s is warned of at every start', (more, warning) => {
  expect(read(AGENT + more).warnings.join('\n')).toMatch(warning);
});
