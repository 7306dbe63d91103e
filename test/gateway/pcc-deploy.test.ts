import { describe, expect, test } from 'vitest';
import type { Agent } from '../../gateway/agents.ts';
import { allProviders } from '../../gateway/carriers.ts';
import { readConfig, type Config } from '../../gateway/config/config.ts';
import { invent } from '../../gateway/config/invented.ts';
import { readDeployConfig } from '../../gateway/config/pcc-deploy.ts';
import type { Env } from '../../shared/env.ts';

const BOT = 'ws://10.0.0.5:7860/ws';

interface Given {
  readonly toml?: string;
  readonly bots?: readonly string[];
  readonly env?: Env;
}

function read(deploy: string, { toml, bots = [BOT], env = {} }: Given = {}): Config {
  return readConfig({
    toml: toml ?? null,
    deploy: readDeployConfig(deploy, bots),
    env,
    modules: allProviders,
    invent: () => invent(allProviders),
  });
}

const agentOf = (deploy: string, given?: Given): Agent | undefined =>
  read(deploy, given).organizations[0]?.agents[0];

const notesOf = (deploy: string): ReadonlyMap<string, string> =>
  new Map(readDeployConfig(deploy, [BOT]).notes);

/** Every key that `pipecatcloud` 1.4.0 takes (`load_deploy_config_file`, read 2026-11-21). */
const whole = `
agent_name = "my-voice-agent"
image = "registry.example.com/my-voice-agent:0.1"
build_id = "abc12345-6789-0abc-def0-123456789abc"
image_credentials = "registry-credentials"
secret_set = "my-agent-secrets"
region = "us-west"
agent_profile = "agent-1x"
websocket_auth = "token"
max_session_duration = 300
architecture = "arm64"

[scaling]
min_agents = 1
max_agents = 20

[krisp_viva]
audio_filter = "tel"

[resources]
cpu = "2"
memory = "4Gi"

[git]
repo = "acme/bot"
branch = "main"

[docker]
auto_build = true

[build]
context_dir = "."

[build.exclude]
patterns = ["*.md", "tests/"]
`;

describe('an agent of Pipecat Cloud', () => {
  test('keeps its name, its websocket_auth and its limits, and gets the bots that were named', () => {
    const bots = [BOT, 'wss://bots.example.com/ws'];
    const { organizations } = read(whole, { bots });
    expect(organizations).toHaveLength(1);
    expect(organizations[0]).toMatchObject({
      name: 'local',
      agents: [
        {
          name: 'my-voice-agent',
          organization: 'local',
          auth: 'token',
          bots,
          maxSessions: 20,
          maxDuration: 300_000,
        },
      ],
    });
  });

  test('has the limits of Pipecat Cloud where its file names none, and is told so', () => {
    const least = 'agent_name = "a"';
    expect(agentOf(least)).toMatchObject({ auth: 'none', maxSessions: 50, maxDuration: 7_200_000 });
    expect([...notesOf(least)]).toEqual([
      ['max_session_duration', 'not in the file: 7200 s, as on Pipecat Cloud'],
      ['scaling.max_agents', 'not in the file: 50, as on Pipecat Cloud'],
    ]);
  });

  test('may ask for the signature of its carrier, which Pipecat Cloud does not know', () => {
    expect(agentOf('agent_name = "a"\nwebsocket_auth = "signature"')).toMatchObject({ auth: 'signature' });
  });

  test('may have more sessions here than it could have there', () => {
    expect(agentOf('agent_name = "a"\n[scaling]\nmax_agents = 500')).toMatchObject({ maxSessions: 500 });
  });
});

describe('a key that has no meaning here', () => {
  test('gets a word, and the others get none', () => {
    expect([...notesOf(whole).keys()].toSorted()).toEqual([
      'agent_profile',
      'architecture',
      'build',
      'build_id',
      'docker',
      'git',
      'image',
      'image_credentials',
      'krisp_viva',
      'region',
      'resources',
      'scaling.min_agents',
      'secret_set',
    ]);
  });

  test.each([
    ['image = "bot:1"', 'image', '--bot'],
    ['image_credentials = "c"', 'image_credentials', 'log in'],
    ['secret_set = "s"', 'secret_set', 'environment of the bot'],
    ['region = "eu-central"', 'region', 'no regions'],
    ['agent_profile = "agent-2x"', 'agent_profile', 'one --bot for each'],
    ['[krisp_viva]\naudio_filter = "tel"', 'krisp_viva', 'in the bot'],
    ['[scaling]\nmin_agents = 0', 'scaling.min_agents', 'keep running'],
    ['[build]\ncontext_dir = "."', 'build', 'run the bot yourself'],
  ])('%j says of %s what to do instead', (line, key, word) => {
    expect(notesOf(`agent_name = "a"\n${line}`).get(key)).toContain(word);
  });

  test('never shows its value', () => {
    expect(JSON.stringify([...notesOf(whole)])).not.toMatch(
      /registry\.example|my-agent-secrets|abc12345|acme/,
    );
  });
});

describe('a mistake is named with its place:', () => {
  test.each([
    ['', {}, '--deploy-config, agent_name'],
    ['agent_name = "My Agent"', {}, '--deploy-config, agent_name: use 1 to 63'],
    ['agent_name = 1', {}, '--deploy-config, agent_name'],
    ['agent_name = "a"\nmax_sesion_duration = 60', {}, '"max_sesion_duration"'],
    ['agent_name = "a"\nenable_krisp = true', {}, '"enable_krisp"'],
    ['agent_name = "a"\nconstructor = 1', {}, '"constructor"'],
    [
      'agent_name = "a"\n[scaling]\nmax_agent = 1',
      {},
      '--deploy-config, scaling: Unrecognized key: "max_agent"',
    ],
    ['agent_name = "a"\nscaling = 5', {}, '--deploy-config, scaling'],
    ['agent_name = "a"\n[scaling]\nmax_agents = 0', {}, '--deploy-config, scaling.max_agents'],
    ['agent_name = "a"\n[scaling]\nmax_agents = "5"', {}, '--deploy-config, scaling.max_agents'],
    ['agent_name = "a"\n[scaling]\nmin_agents = -1', {}, '--deploy-config, scaling.min_agents'],
    [
      'agent_name = "a"\nwebsocket_auth = "tokens"',
      {},
      '--deploy-config, websocket_auth: must be "none", "token"',
    ],
    ['agent_name = "a"\nmax_session_duration = 59', {}, '--deploy-config, max_session_duration'],
    ['agent_name = "a"\nmax_session_duration = 14401', {}, '--deploy-config, max_session_duration'],
    ['agent_name = "a"\nimage = 1', {}, '--deploy-config, image'],
    ['agent_name = "a"\narchitecture = "x86"', {}, '--deploy-config, architecture'],
    ['agent_name = "a"\nkrisp_viva = "tel"', {}, '--deploy-config, krisp_viva'],
    ['agent_name = ', {}, '--deploy-config, line 1'],
    ['agent_name = "a"', { bots: [] }, '--bot: name at least one bot'],
    ['agent_name = "a"', { bots: [BOT, 'http://x'] }, '--bot 2: must be a URL that begins with ws://'],
    ['agent_name = "a"', { toml: '[[agents]]\nagent_name = "b"\nbots = ["demo:"]' }, 'one of the two files'],
    [
      'agent_name = "a"',
      { toml: '[[agents]]\nagent_name = "B"\nbots = ["demo:"]' },
      '\n  agents[0].agent_name',
    ],
  ] satisfies [string, Given, string][])('%j with %j', (deploy, given, message) => {
    expect(() => read(deploy, given)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining(message) }),
    );
  });

  test('all of them at once, those of hookswitch.toml too', () => {
    const deploy = 'agent_name = "A"\nmax_session_duration = 5\nimage = 1\nreplicas = 3';
    const toml = 'listen = "x"';
    for (const part of [
      '6 mistakes',
      'listen',
      '"replicas"',
      'image',
      'agent_name',
      'max_session_duration',
      '--bot 1',
    ])
      expect(() => read(deploy, { toml, bots: ['x'] })).toThrow(part);
  });

  test('beyond this machine the file must say its websocket_auth', () => {
    const env = { HOST: '0.0.0.0', PUBLIC_URL: 'https://voice.example.com' };
    expect(() => read('agent_name = "a"', { env })).toThrow('--deploy-config, websocket_auth: is needed');
    expect(() => read('agent_name = "a"\nwebsocket_auth = "none"', { env })).not.toThrow('websocket_auth');
  });
});

test('everything else comes from hookswitch.toml and the environment', () => {
  const toml = `
    organization = "acme"
    drain_timeout = 60
    [[organizations]]
    name = "other"
    [[organizations.agents]]
    agent_name = "my-voice-agent"
    bots = ["demo:"]`;
  const config = read(whole, { toml, env: { PORT: '9000' } });
  expect(config).toMatchObject({ port: 9000, drainTimeout: 60_000 });
  expect(config.organizations.map(({ name, agents }) => [name, agents.map((agent) => agent.bots)])).toEqual([
    ['acme', [[BOT]]],
    ['other', [['demo:']]],
  ]);
});
