import { describe, expect, test } from 'vitest';
import { allProviders } from '../../gateway/carriers.ts';
import { readConfig, type Config } from '../../gateway/config/config.ts';
import { invent } from '../../gateway/config/invented.ts';
import { defaultLimits } from '../../gateway/limits.ts';
import { DEFAULT_STEPS } from '../../gateway/steps/steps.ts';
import type { Env } from '../../shared/env.ts';
import { moduleOf } from '../helpers/carriers.ts';

const SECRET = `k1:${Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7)).toString('base64url')}`;
const KEY = `pk_${'a1B2'.repeat(8)}`;
const FALLBACK = [
  { type: 'say', text: 'Call later.' },
  { type: 'dial', number: '+15559990000' },
];
const twilio = { TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`, TWILIO_AUTH_TOKEN: 'f'.repeat(32) };
const exposed = { HOST: '0.0.0.0', PUBLIC_URL: 'https://voice.example.com' };
const invented = invent(allProviders);

function read(toml: string | null, env: Env = {}): Config {
  return readConfig({ toml, env, modules: allProviders, invent: () => invented });
}

function never(): never {
  throw new Error('nothing may be made up here');
}

const agent = '[[agents]]\nagent_name = "a"\nwebsocket_auth = "token"\nbots = ["ws://10.0.0.5:8080/ws"]\n';

describe('nothing configured', () => {
  test('is a gateway on this machine with the demo agent, made-up keys and carriers', () => {
    const config = read(null);
    expect(config).toMatchObject({ host: '127.0.0.1', port: 7860, publicUrl: null, limits: defaultLimits });
    expect(config.organizations).toMatchObject([
      { name: 'local', agents: [{ name: 'demo', auth: 'token', bots: ['demo:'] }] },
    ]);
    expect(config.invented).toEqual({ keys: true, carriers: true });
    expect(config.carriers).toMatchObject(invented.carriers);
    expect(config.secretValues).toContain(invented.publicKey);
  });

  test.each([
    ['beside real carriers', twilio, ''],
    ['under a public address', { PUBLIC_URL: 'https://voice.example.com' }, ''],
    ['under a public address in the file', {}, 'public_url = "https://voice.example.com"'],
  ])('made-up carriers are never accepted %s', (_, env, toml) => {
    const config = read(toml, env);
    expect(config.invented.carriers).toBe(false);
    for (const value of Object.values(invented.carriers)) {
      expect(Object.values(config.carriers)).not.toContain(value);
    }
  });

  test('beyond this machine everything must be said, and all of it is asked for at once', () => {
    const attempt = (): Config =>
      readConfig({ toml: null, env: { HOST: '0.0.0.0' }, modules: allProviders, invent: never });
    expect(attempt).toThrow(/3 mistakes[^]*public_url[^]*HOOKSWITCH_SECRETS[^]*HOOKSWITCH_PUBLIC_KEYS/);
  });
});

describe('a whole configuration', () => {
  const toml = `
    public_url = "https://voice.example.com/hooks/"
    listen = "[::]:8443"
    organization = "acme"
    store = "memory:"
    drain_timeout = 60
    [[agents]]
    agent_name = "support"
    websocket_auth = "token"
    bots = ["ws://10.0.0.5:8080/ws", "wss://bots.example.com/ws"]
    numbers = ["+15551230000"]
    max_session_duration = 14400
    idle_timeout = 30
    allowed_origins = ["https://app.example.com"]
    [agents.scaling]
    max_agents = 50
    [agents.fallback]
    say = "Call later."
    dial = "+15559990000"
    [[organizations]]
    name = "other"
    public_keys = ["sha256:${'0'.repeat(64)}"]
    [[organizations.agents]]
    agent_name = "support"
    websocket_auth = "none"
    bots = ["ws://10.0.0.7/ws"]
    [limits]
    stall_timeout = 3
    max_message_bytes = 1024`;

  test('is read in the units of the code, and nothing is made up', () => {
    const env = { HOOKSWITCH_SECRETS: SECRET, HOOKSWITCH_PUBLIC_KEYS: KEY, ...twilio };
    const config = readConfig({ toml, env, modules: allProviders, invent: never });
    expect(config).toMatchObject({
      host: '::',
      port: 8443,
      publicUrl: 'https://voice.example.com/hooks',
      drainTimeout: 60_000,
      invented: { keys: false, carriers: false },
      secrets: [{ kid: 'k1' }],
      limits: { ...defaultLimits, stallTimeout: 3000, maxMessageBytes: 1024 },
    });
    expect(config.organizations[0]?.agents[0]).toEqual({
      name: 'support',
      organization: 'acme',
      auth: 'token',
      signature: 'off',
      bots: ['ws://10.0.0.5:8080/ws', 'wss://bots.example.com/ws'],
      pool: { maxSessions: null, wait: 0, health: null, healthInterval: 5000, discovery: 'static' },
      numbers: ['+15551230000'],
      maxSessions: 50,
      maxDuration: 14_400_000,
      idleTimeout: 30_000,
      allowedOrigins: ['https://app.example.com'],
      streamSecrets: [],
      steps: {
        ...DEFAULT_STEPS,
        no_session: FALLBACK,
        bot_unreachable: FALLBACK,
        bot_lost: FALLBACK,
      },
      calls: { control: true, transferTo: [], endWhenBotLeaves: false, outbound: null },
    });
    expect(config.organizations[1]).toMatchObject({
      name: 'other',
      agents: [{ organization: 'other', auth: 'none' }],
    });
    expect(config.warnings).toEqual([expect.stringContaining('support.other has websocket_auth = "none"')]);
  });

  test('PORT, HOST and PUBLIC_URL override the file', () => {
    const env = { PORT: '1', HOST: '127.0.0.2', PUBLIC_URL: 'http://localhost:1' };
    expect(read(`${agent}[limits]\n`.replace('[limits]\n', ''), env)).toMatchObject({
      port: 1,
      host: '127.0.0.2',
      publicUrl: 'http://localhost:1',
    });
  });

  test('the default of websocket_auth is "none", and is warned about', () => {
    const config = read(agent.replace('websocket_auth = "token"\n', ''));
    expect(config.organizations[0]?.agents[0]?.auth).toBe('none');
    expect(config.warnings).toHaveLength(1);
  });
});

describe('a mistake is named with its place:', () => {
  const two = `${agent}${agent}`;
  test.each([
    ['no TOML', 'a =', /line 1/],
    ['an unknown name', 'publik_url = "x"', /publik_url/],
    [
      'an agent without bots',
      '[[agents]]\nagent_name = "a"\nbots = []',
      /agents\[0\]\.bots: name at least one/,
    ],
    [
      'a bot that is no WebSocket',
      agent.replace('ws://10', 'http://10'),
      /agents\[0\]\.bots\[0\]: must be a URL that begins with ws:/,
    ],
    ['a secret in a bot URL', agent.replace('ws://10', 'ws://user:pass@10'), /agents\[0\]\.bots\[0\]/],
    ['an agent name in capitals', agent.replace('"a"', '"A"'), /agents\[0\]\.agent_name: use 1 to 63/],
    ['a name that is a webhook path', agent.replace('"a"', '"after"'), /must not be one of after/],
    ['the same agent twice', two, /agents\[1\]\.agent_name: agent a\.local is used twice/],
    ['a national number', `${agent}numbers = ["0555"]`, /agents\[0\]\.numbers\[0\]: write numbers in E\.164/],
    ['a number twice', `${agent}numbers = ["+15551", "+15551"]`, /number \+15551 is used twice/],
    [
      'websocket_auth = "tokens"',
      agent.replace('"token"', '"tokens"'),
      /must be "none", "token" or "signature"/,
    ],
    [
      'a signature beside nothing',
      `${agent.replace('"token"', '"none"')}websocket_signature = "required"`,
      /websocket_signature: goes with websocket_auth = "token"/,
    ],
    ['a signature that may be there', `${agent}websocket_signature = "maybe"`, /must be "off" or "required"/],
    ['a session of 59 s', `${agent}max_session_duration = 59`, /max_session_duration/],
    ['a session of 14,401 s', `${agent}max_session_duration = 14401`, /max_session_duration/],
    ['an origin with a path', `${agent}allowed_origins = ["https://a.com/"]`, /must be an origin/],
    ['a store nobody knows', 'store = "mysql://127.0.0.1"', /store: must be "memory:" or redis:\/\//],
    ['a drain delay over its limit', 'drain_delay = 301', /drain_delay/],
    ['no port', 'listen = "127.0.0.1"', /listen: write "host:port"/],
    ['a limit of 0', '[limits]\nmax_sockets = 0', /limits\.max_sockets/],
    [
      'a key in clear',
      '[[organizations]]\nname = "b"\npublic_keys = ["pk_secret"]',
      /public_keys\[0\]: write keys in a file/,
    ],
  ])('%s', (_, toml, expected) => {
    expect(() => read(toml)).toThrow(expected);
  });

  test.each([
    ['half a carrier', { TWILIO_AUTH_TOKEN: 'secret-value' }, /twilio: .*TWILIO_ACCOUNT_SID/],
    ['an empty token', { ...twilio, TWILIO_AUTH_TOKEN: '' }, /TWILIO_AUTH_TOKEN/],
    ['a short secret', { HOOKSWITCH_SECRETS: 'k1:c2hvcnQ' }, /HOOKSWITCH_SECRETS: entry 1/],
    [
      'a secret of one letter',
      { HOOKSWITCH_SECRETS: `k1:${Buffer.alloc(32, 'a').toString('base64url')}` },
      /entry 1/,
    ],
    [
      'a key without prefix',
      { HOOKSWITCH_PUBLIC_KEYS: 'secret-value-secret-value' },
      /HOOKSWITCH_PUBLIC_KEYS: entry 1/,
    ],
    ['a port out of range', { PORT: '65536' }, /port must be/],
    ['a public URL with a query', { PUBLIC_URL: 'https://a.com/?b' }, /PUBLIC_URL/],
    ['half a Redis URL', { REDIS_URL: 'redis://u:secret-value@' }, /REDIS_URL: must be "memory:" or redis:/],
  ])('in the environment, %s, and never its value', (_, env, expected) => {
    const attempt = (): Config => read(null, env);
    expect(attempt).toThrow(expected);
    expect(attempt).not.toThrow(/secret-value/);
  });

  test.each([
    ['websocket_auth', agent.replace('"token"', '"signature"')],
    ['websocket_signature', `${agent}websocket_signature = "required"`],
  ])('%s that asks for a signature asks for a carrier that signs', (name, toml) => {
    const telnyx = moduleOf('telnyx').inventCredentials();
    expect(() => read(toml, telnyx)).toThrow(
      new RegExp(`agents\\[0\\]\\.${name}: needs a carrier that signs its upgrades: set .*TWILIO_AUTH_TOKEN`),
    );
    expect(read(toml, { ...telnyx, ...twilio }).organizations[0]?.agents[0]).toMatchObject(
      name === 'websocket_auth'
        ? { auth: 'signature', signature: 'off' }
        : { auth: 'token', signature: 'required' },
    );
  });

  test('an exposed gateway asks every agent to state websocket_auth', () => {
    const env = { ...exposed, HOOKSWITCH_SECRETS: SECRET, HOOKSWITCH_PUBLIC_KEYS: KEY };
    expect(() => read(agent.replace('websocket_auth = "token"\n', ''), env)).toThrow(
      /agents\[0\]\.websocket_auth/,
    );
    expect(read(agent, env).invented).toEqual({ keys: false, carriers: false });
  });
});
