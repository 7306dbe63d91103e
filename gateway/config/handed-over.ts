import { z } from 'zod';
import type { Agent, Organization } from '../agents.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import type { MasterSecret } from '../secrets.ts';
import type { Config } from './config.ts';

const text = z.string();
const texts = z.array(text);
const ms = z.number();
const limitNames = Object.keys(defaultLimits);

const HandedAgent: z.ZodType<Agent> = z.strictObject({
  name: text,
  organization: text,
  auth: z.enum(['token', 'none']),
  bots: texts,
  pool: z.strictObject({
    maxSessions: z.int().nullable(),
    wait: ms,
    health: text.nullable(),
    healthInterval: ms,
    discovery: z.enum(['static', 'dns']),
  }),
  numbers: texts,
  maxSessions: z.int().nullable(),
  maxDuration: ms.nullable(),
  idleTimeout: ms.nullable(),
  allowedOrigins: texts,
  fallback: z.strictObject({
    say: text.exactOptional(),
    dial: text.exactOptional(),
    redirect: text.exactOptional(),
  }),
});

const HandedOrganization: z.ZodType<Organization> = z.strictObject({
  name: text,
  agents: z.array(HandedAgent),
  publicKeys: texts,
  privateKeys: texts,
});

const HandedSecret: z.ZodType<MasterSecret> = z.strictObject({
  kid: text,
  key: z.custom<Buffer>((value) => Buffer.isBuffer(value), 'must be bytes'),
});

const HandedLimits = z.custom<Limits>((value) => {
  const numbers = z.record(text, z.number()).safeParse(value).data;
  return numbers !== undefined && limitNames.every((name) => name in numbers);
}, 'must be all limits, in numbers');

const HandedConfig: z.ZodType<Config> = z.strictObject({
  host: text,
  port: z.int(),
  publicUrl: text.nullable(),
  internalUrl: text.nullable(),
  metrics: z.strictObject({ host: text, port: z.int() }).nullable(),
  telemetry: z.strictObject({ url: text, headers: z.record(text, text), serviceName: text }).nullable(),
  organizations: z.array(HandedOrganization),
  store: z.null(), // whoever hands over has the sessions
  drainDelay: ms,
  drainTimeout: ms,
  workers: z.int(),
  secrets: z.array(HandedSecret),
  botSecret: text.nullable(),
  carriers: z.record(text, text.optional()),
  limits: HandedLimits,
  invented: z.strictObject({ keys: z.boolean(), carriers: z.boolean() }),
  warnings: texts,
  secretValues: texts,
});

/**
 * A configuration that another process has read and checked, and handed over as a structured clone (bytes stay bytes).
 * Throws a TypeError when it is none: the two processes are not of one release.
 */
export function readHandedConfig(value: unknown): Config {
  const { data } = HandedConfig.safeParse(value);
  if (data) return data;
  throw new TypeError('what was handed over is no configuration of this release');
}
