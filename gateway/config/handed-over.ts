import { z } from 'zod';
import type { Step } from '../../shared/carrier.ts';
import type { Agent, Organization } from '../agents.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import type { RoutingRules } from '../routing.ts';
import type { MasterSecret } from '../secrets.ts';
import { MOMENTS, type AgentStep } from '../steps/steps.ts';
import type { Config } from './config.ts';

const text = z.string();
const texts = z.array(text);
const ms = z.number();
const limitNames = Object.keys(defaultLimits);

const HandedPlainStep: z.ZodType<Step> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('say'), text }),
  z.strictObject({ type: z.literal('play'), url: text }),
  z.strictObject({ type: z.literal('dial'), number: text }),
  z.strictObject({ type: z.literal('redirect'), url: text, method: z.enum(['GET', 'POST']) }),
  z.strictObject({ type: z.literal('hangUp') }),
]);
const HandedStep: z.ZodType<AgentStep> = z.union([
  HandedPlainStep,
  z.strictObject({ type: z.literal('agent'), name: text }),
]);

const HandedAgent: z.ZodType<Agent> = z.strictObject({
  name: text,
  organization: text,
  auth: z.enum(['token', 'signature', 'none']),
  signature: z.enum(['required', 'off']),
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
  streamSecrets: texts,
  steps: z.record(z.enum(MOMENTS), z.array(HandedStep)),
  calls: z.strictObject({
    control: z.boolean(),
    transferTo: texts,
    endWhenBotLeaves: z.boolean(),
    outbound: z.strictObject({ from: texts, to: texts, maxSessions: z.int() }).nullable(),
  }),
});

const HandedOrganization: z.ZodType<Organization> = z.strictObject({
  name: text,
  agents: z.array(HandedAgent),
  publicKeys: texts,
  privateKeys: texts,
});

const HandedRouting: z.ZodType<RoutingRules> = z.strictObject({
  routes: z.array(
    z.strictObject({
      name: text,
      numbers: texts,
      paths: texts,
      provider: text.nullable(),
      shares: z.array(z.strictObject({ agent: text, percent: z.int() })),
    }),
  ),
  unknownNumber: z.array(HandedPlainStep).nullable(),
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
  routing: HandedRouting,
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
