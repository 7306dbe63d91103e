import { z } from 'zod';
import type { Step } from '../../shared/carrier.ts';
import { numberOf } from '../../shared/party.ts';
import { BUILT_IN_ROUTES, type Route, type RoutingRules } from '../routing.ts';
import { DEFAULT_STEPS, type AgentStep } from '../steps/steps.ts';
import type { ConfigFile } from './schema.ts';
import { Steps } from './steps.ts';

/** A number as carriers may spell it, in the one spelling that it has here; or a code of 3 to 6 digits. */
export const CalledNumber: z.ZodType<string> = z
  .string()
  .regex(
    /^(?:\+[1-9][0-9]{1,14}|[1-9][0-9]{6,14}|[1-9][0-9]{2,5})$/,
    'write numbers in E.164: "+", country code, digits',
  )
  .transform((text) => numberOf(text) ?? text);

const Percent = z.int('must be a whole number').min(0).max(100);
const Path = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'use 1 to 63 of a-z, 0-9 and "-"');

/** One [[routes]] table. */
export interface RouteEntry {
  readonly name?: string | undefined;
  readonly numbers: readonly string[];
  readonly paths: readonly string[];
  readonly provider?: string | undefined;
  readonly agents: readonly { readonly agent: string; readonly percent?: number | undefined }[];
}

const RouteTable: z.ZodType<RouteEntry> = z.strictObject({
  name: Path.refine(
    (name) => !(BUILT_IN_ROUTES as readonly string[]).includes(name),
    `must not be one of ${BUILT_IN_ROUTES.join(', ')}`,
  ).optional(),
  numbers: z.array(CalledNumber).default([]),
  paths: z.array(Path).default([]),
  provider: z.string().optional(),
  agents: z
    .array(z.strictObject({ agent: z.string(), percent: Percent.optional() }))
    .min(1, 'name at least one agent, such as { agent = "support", percent = 100 }'),
});

export interface RoutingEntry {
  readonly routes: readonly RouteEntry[];
  readonly unknown_number: 'default' | 'refuse' | readonly AgentStep[];
}

/** What stands in the file about routing. */
export const routingShape: { readonly [Key in keyof RoutingEntry]: z.ZodType<RoutingEntry[Key]> } = {
  routes: z.array(RouteTable).default([]),
  unknown_number: z
    .union([z.enum(['default', 'refuse']), Steps], 'must be "default", "refuse", or a list of steps')
    .default('default'),
};

/** As metrics and logs call a route. `index`: its place in the file. */
export function nameOf({ name }: RouteEntry, index: number): string {
  return name ?? `route-${index + 1}`;
}

/** The service host that a name in the file stands for. */
export function hostIn(file: ConfigFile, agent: string): string {
  return agent.includes('.') ? agent : `${agent}.${file.organization}`;
}

/** The same, checked before. */
export function routingOf(file: ConfigFile): RoutingRules {
  const { unknown_number: unknown } = file;
  const refusal = unknown === 'refuse' ? DEFAULT_STEPS.no_session : unknown;
  return {
    routes: file.routes.map((route, index): Route => ({
      name: nameOf(route, index),
      numbers: route.numbers,
      paths: route.paths,
      provider: route.provider ?? null,
      shares: route.agents.map(({ agent, percent = 100 }) => ({ agent: hostIn(file, agent), percent })),
    })),
    unknownNumber: refusal === 'default' ? null : refusal.filter(isStep),
  };
}

export function isStep(step: AgentStep): step is Step {
  return step.type !== 'agent';
}
