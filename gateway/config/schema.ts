import { z } from 'zod';
import { NAME } from '../agents.ts';
import type { AgentStep, AgentSteps } from '../steps/steps.ts';
import { callsShape, type CallsEntry } from './calls.ts';
import { url } from './fields.ts';
import { CalledNumber, routingShape, type RoutingEntry } from './routes.ts';
import { Fallback, StepsTable } from './steps.ts';

/** Agents of these names would hide behind a webhook's own paths. */
const RESERVED = ['after', 'status', 'stream', 'transfer'];

/** Processes. More than machines have cores is a slip of the hand. */
export const MAX_WORKERS = 256;

/** Seconds that `pool.wait` may be: nobody listens to silence for longer. */
const MAX_WAIT = 300;

const Name = z
  .string()
  .regex(
    new RegExp(`^${NAME}$`),
    'use 1 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit',
  )
  .refine((name) => !RESERVED.includes(name), `must not be one of ${RESERVED.join(', ')}`);

/** An origin as browsers send it: scheme, host, port, nothing else. */
const Origin = url('http:', 'https:').refine(
  (text) => URL.canParse(text) && new URL(text).origin === text,
  'must be an origin: scheme, host and port, no path and no slash at its end',
);

/** A base for our own paths. A slash at its end is cut off. */
const Base = url('http:', 'https:')
  .refine((text) => !text.includes('?'), 'must have no query')
  .transform((text) => text.replace(/\/+$/, ''));

const count = z.int().positive();
/** Seconds in the file, milliseconds in the code. */
const seconds = z.number().positive().max(86_400).transform(toMilliseconds);

function toMilliseconds(value: number): number {
  return value * 1000;
}

const Pool = z.strictObject({
  max_sessions: count.optional(),
  wait: z.number().min(0).max(MAX_WAIT).default(0).transform(toMilliseconds),
  health: z
    .string()
    .max(1024)
    .regex(/^\/[!-"$-~]*$/, 'must be a path, and perhaps a query, such as "/readyz"')
    .optional(),
  health_interval: z.number().min(1).max(3600).default(5).transform(toMilliseconds),
  discovery: z.enum(['static', 'dns'], 'must be "static" or "dns"').default('static'),
});

const KeyHash = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'write keys in a file as sha256:<64 hex digits>');

const Agent = z.strictObject({
  agent_name: Name,
  websocket_auth: z.enum(['none', 'token', 'signature'], 'must be "none", "token" or "signature"').optional(),
  websocket_signature: z.enum(['off', 'required'], 'must be "off" or "required"').default('off'),
  bots: z
    .array(z.union([z.literal('demo:'), url('ws:', 'wss:')], 'must be a ws:// or wss:// URL, or "demo:"'))
    .min(1, 'name at least one bot, such as "ws://127.0.0.1:7861/ws", or "demo:"'),
  numbers: z.array(CalledNumber).default([]),
  max_session_duration: z.int().min(60).max(14_400).transform(toMilliseconds).optional(),
  idle_timeout: seconds.optional(),
  allowed_origins: z.array(Origin).default([]),
  stream_secrets: z.array(KeyHash).default([]),
  pool: Pool.prefault({}),
  scaling: z.strictObject({ max_agents: count.optional() }).default({}),
  fallback: Fallback.optional(),
  steps: StepsTable.optional(),
  ...callsShape,
});

const Workers = z.custom<number | 'auto'>(
  (value) => value === 'auto' || z.int().min(1).max(MAX_WORKERS).safeParse(value).success,
  `must be 1 to ${MAX_WORKERS}, or "auto" for one per core`,
);

const Organization = z.strictObject({
  name: Name,
  public_keys: z.array(KeyHash).default([]),
  private_keys: z.array(KeyHash).default([]),
  agents: z.array(Agent).default([]),
});

const Limits = z.strictObject({
  max_message_bytes: count.max(256 * 1024 * 1024).optional(),
  max_fragments: count.optional(),
  stall_timeout: seconds.optional(),
  dial_timeout: seconds.optional(),
  opening_timeout: seconds.optional(),
  ping_interval: seconds.optional(),
  close_timeout: seconds.optional(),
  proxy_timeout: seconds.optional(),
  max_sockets: count.optional(),
  max_pending: count.optional(),
  max_pending_bytes: count.optional(),
  max_history: count.optional(),
});

/** A name or an address, IPv6 in brackets, and a port. */
export const HOST_AND_PORT: RegExp = /^(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/i;

const File = z.strictObject({
  public_url: Base.optional(),
  internal_url: Base.optional(),
  listen: z
    .string()
    .regex(HOST_AND_PORT, 'write "host:port", such as "0.0.0.0:7860" or "[::]:7860"')
    .optional(),
  metrics_listen: z.string().optional(),
  telemetry: z.strictObject({ otlp_endpoint: z.string().optional() }).default({}),
  organization: Name.default('local'),
  /** Read in store.ts: what is wrong with it must not be said by showing it. */
  store: z.string().default('memory:'),
  drain_timeout: z.number().min(0).max(86_400).default(300).transform(toMilliseconds),
  drain_delay: z.number().min(0).max(300).default(0).transform(toMilliseconds),
  workers: Workers.default(1),
  agents: z.array(Agent).default([]),
  organizations: z.array(Organization).default([]),
  ...routingShape,
  limits: Limits.default({}),
});

/** One [[agents]] table. Times in milliseconds. */
export interface AgentEntry extends CallsEntry {
  readonly agent_name: string;
  readonly websocket_auth?: 'none' | 'token' | 'signature' | undefined;
  readonly websocket_signature: 'off' | 'required';
  readonly bots: readonly string[];
  readonly numbers: readonly string[];
  readonly max_session_duration?: number | undefined;
  readonly idle_timeout?: number | undefined;
  readonly allowed_origins: readonly string[];
  readonly stream_secrets: readonly string[];
  readonly pool: {
    readonly max_sessions?: number | undefined;
    readonly wait: number;
    readonly health?: string | undefined;
    readonly health_interval: number;
    readonly discovery: 'static' | 'dns';
  };
  readonly scaling: { readonly max_agents?: number | undefined };
  /** Shorthand for the steps of all that goes wrong. */
  readonly fallback?: readonly AgentStep[] | undefined;
  readonly steps?: Partial<AgentSteps> | undefined;
}

/** hookswitch.toml, as written, with its defaults. Times in milliseconds. */
export interface ConfigFile extends RoutingEntry {
  readonly public_url?: string | undefined;
  readonly internal_url?: string | undefined;
  readonly listen?: string | undefined;
  readonly metrics_listen?: string | undefined;
  readonly telemetry: { readonly otlp_endpoint?: string | undefined };
  /** The organisation of the agents outside [[organizations]]. */
  readonly organization: string;
  /** "memory:" or the URL of a Redis. */
  readonly store: string;
  readonly drain_timeout: number;
  readonly drain_delay: number;
  readonly workers: number | 'auto';
  readonly agents: readonly AgentEntry[];
  readonly organizations: readonly {
    readonly name: string;
    readonly public_keys: readonly string[];
    readonly private_keys: readonly string[];
    readonly agents: readonly AgentEntry[];
  }[];
  readonly limits: Readonly<Record<string, number | undefined>>;
}

export interface Mistake {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Unknown names are mistakes: a misspelled limit would be no limit. */
export function parseConfigFile(data: unknown): { file: ConfigFile } | { mistakes: readonly Mistake[] } {
  const parsed = File.safeParse(data);
  return parsed.success ? { file: parsed.data } : { mistakes: parsed.error.issues };
}

/** Null for what cannot be a base URL. */
export function parseBaseUrl(text: string): string | null {
  return Base.safeParse(text).data ?? null;
}
