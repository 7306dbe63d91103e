import type { Agent } from '../../gateway/agents.ts';
import { allProviders } from '../../gateway/carriers.ts';
import { simulatedOptions } from '../../gateway/config/carrier-options.ts';
import type { Config } from '../../gateway/config/config.ts';
import { invent } from '../../gateway/config/invented.ts';
import { memoryStore } from '../../gateway/sessions/memory.ts';
import type { SessionStore } from '../../gateway/sessions/store.ts';
import { GatewayError } from '../../shared/errors.ts';
import { absentBot, dyingBot, silentBot, talkingBot, type RehearsalBot } from './faulty-bots.ts';

/** What can be rehearsed. */
export const SCENES = ['bot-down', 'bot-slow', 'bot-dies', 'full', 'store-down', 'goodbye'] as const;
export type Scene = (typeof SCENES)[number];

export const abouts: Readonly<Record<Scene, string>> = {
  'bot-down': 'nothing listens where its bots should be',
  'bot-slow': 'its bots take the connection and never answer',
  'bot-dies': 'its bot breaks off in the middle of its greeting',
  full: 'it has as many sessions as max_agents allows',
  'store-down': 'the session store cannot be reached',
  goodbye: 'its bot says goodbye',
};

/** What a rehearsal of one scene runs on. Nothing in it leads anywhere but to this machine. */
export interface Stage {
  readonly config: Config;
  readonly sessions: SessionStore;
  readonly close: () => Promise<void>;
}

const bots: Readonly<Record<Scene, () => Promise<RehearsalBot>>> = {
  'bot-down': absentBot,
  'bot-slow': silentBot,
  'bot-dies': dyingBot,
  full: talkingBot,
  'store-down': talkingBot,
  goodbye: talkingBot,
};

/**
 * The configuration as it is given, but for everything outside: carriers' credentials and keys are made up, no metrics or
 * traces are sent, the agent has faulty bots, as many as it really has, and all other agents have one that works.
 * `onStandIn`: told when one of those begins to talk.
 */
export async function stageOf(
  scene: Scene,
  given: Config,
  rehearsed: Agent,
  onStandIn: () => void,
): Promise<Stage> {
  const faulty = await Promise.all(rehearsed.bots.map(() => bots[scene]()));
  const standIn = await talkingBot(onStandIn);
  const recast = (agent: Agent): Agent => ({
    ...agent,
    bots: agent === rehearsed ? faulty.map(({ url }) => url) : [standIn.url],
    pool: { ...agent.pool, health: null, discovery: 'static' },
    maxSessions: agent === rehearsed && scene === 'full' ? 0 : agent.maxSessions,
    calls: { ...agent.calls, endWhenBotLeaves: false },
  });
  const organizations = given.organizations.map((organization) => ({
    ...organization,
    agents: organization.agents.map(recast),
  }));
  const memory = memoryStore(given.limits, Date.now);
  return {
    config: { ...given, ...onThisMachine(), organizations },
    sessions: scene === 'store-down' ? withoutStore(memory) : memory,
    close: async () => void (await Promise.all([...faulty, standIn].map(({ close }) => close()))),
  };
}

function onThisMachine(): Omit<Config, 'organizations' | 'limits' | 'invented' | 'warnings'> {
  const { secret, carriers } = invent(allProviders);
  return {
    host: '127.0.0.1',
    port: 0,
    publicUrl: null,
    internalUrl: null,
    metrics: null,
    telemetry: null,
    routing: { routes: [], unknownNumber: null },
    store: null,
    drainDelay: 0,
    drainTimeout: 0,
    workers: 1,
    secrets: [{ kid: 'rehearsal', key: secret }],
    botSecret: null,
    carriers: { ...simulatedOptions(allProviders), ...carriers },
    secretValues: [],
  };
}

/** Rejects whatever it is asked. */
function withoutStore(memory: SessionStore): SessionStore {
  return new Proxy(memory, {
    get: (store, name): unknown =>
      name === 'onStop' || name === 'close' ? Reflect.get(store, name) : unavailable,
  });
}

async function unavailable(): Promise<never> {
  throw new GatewayError('ERR_STORE_UNAVAILABLE', 'the session store is down, in this rehearsal');
}
