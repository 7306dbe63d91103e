import { z } from 'zod';
import type { HttpRequest } from '../../shared/http.ts';
import { NAME } from '../agents.ts';
import { PhoneNumber, url } from '../config/fields.ts';
import { MAX_SAY } from '../../shared/steps.ts';
import { MAX_STEP_URL } from '../config/steps.ts';
import { checkedMembers } from '../checked.ts';
import { readMembers } from '../start-request.ts';

/** Digits of one command: more than any menu asks for, and some pauses. */
export const MAX_DIGITS = 64;
/** Bytes of a command: a sentence of MAX_SAY characters, all of them escaped. */
export const MAX_COMMAND_BYTES: number = 24 * 1024;

/** What is to be done, by the last part of the path. */
export type Command =
  | { readonly type: 'hang-up' }
  | { readonly type: 'transfer'; readonly to: string }
  | { readonly type: 'transfer'; readonly agent: string }
  | { readonly type: 'dtmf'; readonly digits: string }
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'play'; readonly url: string };

export type CommandName = Command['type'];

const Digits = z
  .string()
  .regex(
    new RegExp(`^[0-9A-D*#w]{1,${MAX_DIGITS}}$`),
    `must be 1 to ${MAX_DIGITS} of 0-9, A-D, * and #, and w for half a second of silence`,
  );

const bodies = {
  'hang-up': z.strictObject({}).transform(() => ({ type: 'hang-up' as const })),
  transfer: z
    .union(
      [
        z.strictObject({ to: PhoneNumber }),
        z.strictObject({ agent: z.string().regex(new RegExp(`^${NAME}$`)) }),
      ],
      'must have either to, a number in E.164, or agent, a name',
    )
    .transform((target) => ({ type: 'transfer' as const, ...target })),
  dtmf: z.strictObject({ digits: Digits }).transform(({ digits }) => ({ type: 'dtmf' as const, digits })),
  say: z
    .strictObject({
      text: z
        .string()
        .max(MAX_SAY)
        .regex(/[\p{L}\p{N}]/u, 'must hold something that can be spoken'),
    })
    .transform(({ text }) => ({ type: 'say' as const, text })),
  play: z
    .strictObject({
      url: url('http:', 'https:').refine((text) => text.length <= MAX_STEP_URL, 'is too long'),
    })
    .transform((given) => ({ type: 'play' as const, url: given.url })),
} satisfies Record<CommandName, z.ZodType<Command>>;

export const COMMANDS: readonly CommandName[] = ['hang-up', 'transfer', 'dtmf', 'say', 'play'];

/** Throws ERR_REQUEST_INVALID with every wrong member named, and ERR_TYPE_UNSUPPORTED. */
export function readCommand(name: CommandName, request: HttpRequest): Command {
  // To hang up, there is nothing to say.
  const isBare = name === 'hang-up' && request.body === '';
  const members = isBare ? new Map<string, string>() : readMembers(request);
  return checkedMembers<Command>(bodies[name], members);
}
