import { z } from 'zod';
import { MAX_SAY } from '../../shared/steps.ts';
import { DEFAULT_STEPS, MOMENTS, type AgentStep, type AgentSteps, type Moment } from '../steps/steps.ts';
import { PhoneNumber, url } from './fields.ts';

/** Steps of one moment. Callers do not listen to more. */
export const MAX_STEPS = 10;
/** Characters of a URL: some carriers cut longer ones off. */
export const MAX_STEP_URL = 2048;
/**
 * Bytes of the steps of one moment, as they stand in a document with every character escaped that may have to be: Twilio
 * takes documents of 64 kB, and some room is left for the elements.
 */
export const MAX_STEPS_BYTES = 60_000;

const StepUrl = url('http:', 'https:').refine(
  (text) => text.length <= MAX_STEP_URL,
  `must not be longer than ${MAX_STEP_URL} characters`,
);
const Sentence = z
  .string()
  .max(MAX_SAY)
  .refine((text) => /[\p{L}\p{N}]/u.test(text), 'must hold something that can be spoken');

/** One step as it is written: a table with one key. */
const kinds = {
  say: Sentence.transform((text) => ({ type: 'say', text })),
  play: StepUrl.transform((address) => ({ type: 'play', url: address })),
  dial: PhoneNumber.transform((number) => ({ type: 'dial', number })),
  agent: z.string().transform((name) => ({ type: 'agent', name })),
  redirect: StepUrl.transform((address) => ({ type: 'redirect', url: address, method: 'POST' })),
  hang_up: z
    .literal(true, 'must be true: leave the step out where nobody is to hang up')
    .transform(() => ({ type: 'hangUp' })),
} satisfies Record<string, z.ZodType<AgentStep>>;

type Kind = keyof typeof kinds;

function isKind(key: string): key is Kind {
  return Object.hasOwn(kinds, key);
}

const Step: z.ZodType<AgentStep> = z.record(z.string(), z.unknown()).transform((table, context) => {
  const [key = '', ...others] = Object.keys(table);
  if (!isKind(key) || others.length > 0) {
    context.addIssue(`a step is a table with one of ${Object.keys(kinds).join(', ')}`);
    return z.NEVER;
  }
  const { data, error } = kinds[key].safeParse(table[key]);
  if (data) return data;
  for (const { message } of error.issues) context.addIssue({ code: 'custom', path: [key], message });
  return z.NEVER;
});

export const Steps: z.ZodType<readonly AgentStep[]> = z
  .array(Step)
  .min(1, 'name at least one step, such as { hang_up = true }')
  .max(MAX_STEPS)
  .superRefine((steps, context) => {
    const last = steps.findIndex(isLast);
    if (last >= 0 && last < steps.length - 1) {
      const { type } = steps[last] ?? {};
      const message = `nothing follows ${type === 'hangUp' ? 'hang_up' : type}: make it the last step`;
      context.addIssue({ code: 'custom', path: [last + 1], message });
    }
    if (sizeOf(steps) > MAX_STEPS_BYTES) {
      context.addIssue(`the steps are longer than carriers' documents may be: shorten what is said`);
    }
  });

function isLast({ type }: AgentStep): boolean {
  return type === 'redirect' || type === 'agent' || type === 'hangUp';
}

/** Bytes, with six for each character that XML or JSON may want escaped. */
function sizeOf(steps: readonly AgentStep[]): number {
  const texts = steps.flatMap((step) => Object.values(step).map(String));
  // oxlint-disable-next-line eslint/no-control-regex -- JSON escapes these
  return Buffer.byteLength(texts.join('').replace(/[&<>"'\\{\u0000-\u001f]/g, '&quot;'));
}

/** [agents.steps]: what is not said there is as in [agents.fallback], or the default. */
export const StepsTable: z.ZodType<Partial<AgentSteps>> = z.strictObject(
  Object.fromEntries(MOMENTS.map((moment) => [moment, Steps.optional()])),
);

/** [agents.fallback]: shorthand for one list of steps for all that goes wrong. */
export const Fallback: z.ZodType<readonly AgentStep[]> = z
  .strictObject({
    say: kinds.say.optional(),
    dial: kinds.dial.optional(),
    redirect: kinds.redirect.optional(),
  })
  .transform(({ say, dial, redirect }) => [say, dial, redirect].filter((step) => step !== undefined));

/** What an agent's callers get, all said and all left out. */
export function stepsOf(
  steps: Partial<AgentSteps> | undefined,
  fallback: readonly AgentStep[] | undefined,
): AgentSteps {
  const failed = fallback && { no_session: fallback, bot_unreachable: fallback, bot_lost: fallback };
  return { ...DEFAULT_STEPS, ...failed, ...steps };
}

/** The same as it would stand in the file. */
export function stepsTable(steps: AgentSteps): Record<Moment, Record<string, string | true>[]> {
  const { no_session, bot_unreachable, bot_lost, goodbye } = steps;
  return {
    no_session: no_session.map(written),
    bot_unreachable: bot_unreachable.map(written),
    bot_lost: bot_lost.map(written),
    goodbye: goodbye.map(written),
  };
}

function written(step: AgentStep): Record<string, string | true> {
  switch (step.type) {
    case 'say':
      return { say: step.text };
    case 'play':
      return { play: step.url };
    case 'dial':
      return { dial: step.number };
    case 'agent':
      return { agent: step.name };
    case 'redirect':
      return { redirect: step.url };
    case 'hangUp':
      return { hang_up: true };
  }
}
