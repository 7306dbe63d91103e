import { z } from 'zod';
import { serviceHostOf, type Agent } from '../agents.ts';
import type { CallRules } from '../calls/rules.ts';
import { PhoneNumber } from './fields.ts';

/** Calls that an agent may place beside those it has, when it does not say: enough to try, too few to be ruined by. */
export const DEFAULT_OUTBOUND_SESSIONS = 10;

const Prefix = z
  .string()
  .regex(
    /^\+(?:[1-9]\d{0,14})?$/,
    'write a number or its beginning in E.164, such as "+1555", or "+" for all',
  );

interface OutboundEntry {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly max_sessions: number;
}

/** What an [[agents]] table says of its calls. */
export interface CallsEntry {
  readonly call_control: boolean;
  readonly transfer_to: readonly string[];
  readonly end_call_when_bot_leaves: boolean;
  readonly outbound?: OutboundEntry | undefined;
}

export const callsShape: {
  readonly call_control: z.ZodDefault<z.ZodBoolean>;
  readonly transfer_to: z.ZodDefault<z.ZodArray<z.ZodString>>;
  readonly end_call_when_bot_leaves: z.ZodDefault<z.ZodBoolean>;
  readonly outbound: z.ZodOptional<z.ZodType<OutboundEntry>>;
} = {
  call_control: z.boolean().default(true),
  transfer_to: z.array(Prefix).default([]),
  end_call_when_bot_leaves: z.boolean().default(false),
  outbound: z
    .strictObject({
      from: z.array(PhoneNumber).min(1, 'name at least one of your numbers'),
      to: z.array(Prefix).min(1, 'name the numbers, or their beginnings, that may be called'),
      max_sessions: z.int().positive().default(DEFAULT_OUTBOUND_SESSIONS),
    })
    .optional(),
};

/** An agent that says nothing. */
const noCalls: CallsEntry = {
  call_control: true,
  transfer_to: [],
  end_call_when_bot_leaves: false,
};

/** With nothing configured, the agent may call where no phone is: numbers that are kept for fiction. */
export const demoCalls: CallsEntry = {
  ...noCalls,
  transfer_to: ['+1555'],
  outbound: { from: ['+15551230000'], to: ['+1555'], max_sessions: DEFAULT_OUTBOUND_SESSIONS },
};

export function callRulesOf(entry: CallsEntry): CallRules {
  const { call_control, transfer_to, end_call_when_bot_leaves, outbound } = entry;
  return {
    control: call_control,
    transferTo: transfer_to,
    endWhenBotLeaves: end_call_when_bot_leaves,
    outbound: outbound ? { from: outbound.from, to: outbound.to, maxSessions: outbound.max_sessions } : null,
  };
}

/** The same as it would stand in the file. */
export function callsTable({ control, transferTo, endWhenBotLeaves, outbound }: CallRules): CallsEntry {
  return {
    call_control: control,
    transfer_to: transferTo,
    end_call_when_bot_leaves: endWhenBotLeaves,
    ...(outbound && {
      outbound: { from: outbound.from, to: outbound.to, max_sessions: outbound.maxSessions },
    }),
  };
}

/** Where it would bring danger. */
export function callWarnings(agent: Agent): string[] {
  const { transferTo, outbound } = agent.calls;
  return Object.entries({ transfer_to: transferTo, 'outbound.to': outbound?.to ?? [] })
    .filter(([, prefixes]) => prefixes.includes('+'))
    .map(
      ([name]) =>
        `agent ${serviceHostOf(agent)}: ${name} allows every number in the world, dear ones too: name countries`,
    );
}
