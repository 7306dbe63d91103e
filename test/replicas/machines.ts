import { randomBytes } from 'node:crypto';
import { startBots, type Bots } from '../chaos/bots.ts';
import { freePort } from '../helpers/bot.ts';
import { secret } from '../helpers/leaks.ts';
import { testRedis, type TestRedis } from '../helpers/redis.ts';
import { asHookswitch, leastRights } from '../helpers/redis-user.ts';
import { balancer, type Balancer } from './balancer.ts';
import { masterSecret, replica, type Replica } from './replica.ts';

/** What differs from part to part. */
export interface MachinesChoice {
  /** Agents with so many places, by name, besides those of the bots. */
  readonly small?: Readonly<Record<string, number>>;
  /** HOOKSWITCH_SECRETS of the replicas. */
  readonly secrets?: string;
  /** Lines of redis.conf, as arguments. Without any it keeps nothing on disk: a busy disk is not what is played. */
  readonly redisArgs?: readonly string[];
}

export interface MachinesOptions extends MachinesChoice {
  readonly seed: number;
  /** Milliseconds between two messages of a bot. */
  readonly pace: number;
  /** For the bots' records. */
  readonly folder: string;
  readonly onOpened: (call: string) => void;
}

/** Three replicas, one Redis with the least rights, a balancer, bots. All real, all ours. */
export interface Machines {
  readonly redis: TestRedis;
  /** By the name of their agent, which has no limits. */
  readonly bots: Readonly<Record<string, Bots>>;
  readonly replicas: readonly Replica[];
  readonly balancer: Balancer;
  readonly publicUrl: string;
  readonly identity: Identity;
}

/** Variables that all replicas share with those who call them. */
export type Identity = Readonly<
  Record<
    'TWILIO_ACCOUNT_SID' | 'TWILIO_AUTH_TOKEN' | 'HOOKSWITCH_PUBLIC_KEYS' | 'HOOKSWITCH_PRIVATE_KEYS',
    string
  >
>;

/** What is to be done when all is over, the last first. */
export type Undo = (() => unknown)[];

const BOT_PROCESSES = 2;
const REPLICAS = ['a', 'b', 'c'] as const;
/** Seconds. The delay is a few polls of the balancer, the timeout more than the longest call. */
const DRAIN = { drain_delay: 1, drain_timeout: 80 };

export async function startMachines(options: MachinesOptions, undo: Undo): Promise<Machines> {
  const { small = {}, secrets = masterSecret('k1'), redisArgs = [] } = options;
  const redis = await testRedis({ args: [...leastRights, ...redisArgs] });
  undo.push(() => redis.close());
  const bots = await startAllBots(options, undo);
  const urls = Object.entries(bots).map(([name, { url }]) => [name, url] as const);
  const [, firstUrl = ''] = urls[0] ?? [];
  const identity = newIdentity();
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const shared = { REDIS_URL: asHookswitch(redis), HOOKSWITCH_SECRETS: secrets, PUBLIC_URL: publicUrl };
  const replicas = await Promise.all(
    REPLICAS.map((name) =>
      replica(name, {
        agents: Object.fromEntries([...urls, ...Object.keys(small).map((one) => [one, firstUrl])]),
        maxAgents: small,
        settings: DRAIN,
        env: { ...identity, ...shared },
      }),
    ),
  );
  for (const each of replicas) undo.push(() => each.kill());
  await Promise.all(replicas.map((each) => each.start()));
  const entrance = await balancer(
    port,
    replicas.map((each) => each.port),
  );
  undo.push(() => entrance.close());
  return { redis, bots, replicas, balancer: entrance, publicUrl, identity };
}

async function startAllBots(
  { folder, seed, pace, onOpened }: MachinesOptions,
  undo: Undo,
): Promise<Record<string, Bots>> {
  const bots: Record<string, Bots> = {};
  for (let index = 0; index < BOT_PROCESSES; index += 1) {
    const name = `bots-${index}`;
    const started = await startBots({ name, folder, seed: seed + 100 * index, pace, onOpened });
    bots[name] = started;
    undo.push(() => started.stop());
  }
  return bots;
}

function newIdentity(): Identity {
  const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
  const identity = {
    TWILIO_ACCOUNT_SID: `AC${hex(16)}`,
    TWILIO_AUTH_TOKEN: hex(16),
    HOOKSWITCH_PUBLIC_KEYS: `pk_${hex(32)}`,
    HOOKSWITCH_PRIVATE_KEYS: `sk_${hex(32)}`,
  };
  secret(identity.TWILIO_AUTH_TOKEN, identity.HOOKSWITCH_PUBLIC_KEYS, identity.HOOKSWITCH_PRIVATE_KEYS);
  return identity;
}
