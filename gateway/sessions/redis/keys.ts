import type { Session, Ticket } from '../store.ts';

/** Everything Hookswitch keeps in Redis begins with this; the ACL in deploy/redis/users.acl names it too. */
const PREFIX = 'hs:';

/** Names of keys. Service hosts, session ids and bot URLs are ours; what a carrier says stands at the end of a name. */
interface Keys {
  /** String: a waiting session, with its body. */
  readonly ticket: (ticket: Pick<Ticket, 'key'>) => string;
  /** Sorted set: ids of all waiting sessions, by the end of their time. */
  readonly pending: string;
  /** Sorted set: ids of an agent's waiting sessions, by the end of their time. */
  readonly reserved: (host: string) => string;
  /** Sorted set: ids of an agent's live sessions, by `createdAt`. */
  readonly live: (host: string) => string;
  /** Sorted set: ids of an agent's ended sessions, by `createdAt`. */
  readonly ended: (host: string) => string;
  /** String: a SessionRecord. */
  readonly session: (id: string) => string;
  /** String: the body of a live session. */
  readonly body: (id: string) => string;
  /** String: how a phone call's last session ended. */
  readonly ending: (provider: string, callId: string) => string;
  /** String: id of the session with which events of that phone call are kept. */
  readonly call: (provider: string, callId: string) => string;
  /** Sorted set: CallEvents of a session, by when they were told first. */
  readonly events: (id: string) => string;
  /** Set: "replica/session" for each seat taken at a bot. */
  readonly seats: (bot: string) => string;
  /** Set: bots at which a replica has seats, or had. */
  readonly bots: (replica: string) => string;
  /** Set: all replicas that may have live sessions. */
  readonly replicas: string;
  /** String: is there while somebody ends the sessions of that dead replica. */
  readonly burial: (replica: string) => string;
  /** String: is there while that replica lives. */
  readonly alive: (replica: string) => string;
  /** Hash: ids of a replica's live sessions, and the service host of each. */
  readonly replica: (replica: string) => string;
  /** String: the answer to a carrier's webhook. */
  readonly answer: (name: string) => string;
  /** Channel: ids of sessions to be stopped. */
  readonly stop: string;
}

export const keys: Keys = {
  ticket: ({ key }) => `${PREFIX}ticket:${key}`,
  pending: `${PREFIX}pending`,
  reserved: (host) => `${PREFIX}reserved:${host}`,
  live: (host) => `${PREFIX}live:${host}`,
  ended: (host) => `${PREFIX}ended:${host}`,
  session: (id) => `${PREFIX}session:${id}`,
  body: (id) => `${PREFIX}body:${id}`,
  ending: (provider, callId) => `${PREFIX}ending:${provider}:${callId}`,
  call: (provider, callId) => `${PREFIX}call:${provider}:${callId}`,
  events: (id) => `${PREFIX}events:${id}`,
  seats: (bot) => `${PREFIX}seats:${bot}`,
  bots: (replica) => `${PREFIX}bots:${replica}`,
  replicas: `${PREFIX}replicas`,
  burial: (replica) => `${PREFIX}burial:${replica}`,
  alive: (replica) => `${PREFIX}alive:${replica}`,
  replica: (replica) => `${PREFIX}replica:${replica}`,
  answer: (name) => `${PREFIX}answer:${name}`,
  stop: `${PREFIX}stop`,
};

export function hostOf({ agent, organization }: Pick<Session, 'agent' | 'organization'>): string {
  return `${agent}.${organization}`;
}
