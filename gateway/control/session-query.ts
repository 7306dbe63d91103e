import { z } from 'zod';
import { GatewayError } from '../../shared/errors.ts';
import { readForm } from '../../shared/form.ts';
import { statuses } from '../sessions/store-data.ts';
import { checked } from '../checked.ts';
import type { SessionQuery } from '../sessions/store.ts';
import { endStates } from './end-states.ts';

/** Sessions on a page: as many as Pipecat Cloud gives to whoever does not say, and no more than a screen can use. */
const DEFAULT_PAGE = 10;
const MAX_PAGE = 100;
/** Sessions left out before the page: a hundred times what is remembered by default. */
const MAX_OFFSET = 1_000_000;
/** Smaller numbers are seconds since the epoch (to the year 5138), the others milliseconds (from 1973 on). */
const LEAST_MILLISECONDS = 100_000_000_000;

const Epoch = z
  .string()
  .regex(/^\d{1,13}$/)
  .transform((digits) => Number(digits) * (Number(digits) < LEAST_MILLISECONDS ? 1000 : 1));
const Iso = z.union([z.iso.datetime({ offset: true }), z.iso.date()]).transform((text) => Date.parse(text));
const Time = z
  .union(
    [Epoch, Iso],
    'must be ISO 8601, such as 2026-11-21T09:30:00Z, or seconds or milliseconds since 1970',
  )
  .optional();

/** What may be asked for. A filter that is not known is refused: without it, the list would be another one. */
const shape = {
  limit: whole(1, MAX_PAGE).default(DEFAULT_PAGE),
  offset: whole(0, MAX_OFFSET).default(0),
  status: z
    .enum(
      ['all', 'active', 'ended', ...statuses],
      `must be all, active, ended, or one of ${statuses.join(', ')}`,
    )
    .default('all'),
  endState: z
    .string()
    .refine((word) => endStates.has(word), `must be one of ${[...endStates.keys()].join(', ')}`)
    .optional(),
  startTime: Time,
  endTime: Time,
};
const Query = z.strictObject(shape, {
  error: (issue) =>
    issue.code === 'unrecognized_keys'
      ? `there is no parameter ${issue.keys.join(', ')}: use ${Object.keys(shape).join(', ')}`
      : undefined,
});

/** What is asked of an agent's list of sessions. */
export type ListQuery = Omit<SessionQuery, 'organization' | 'agent'>;

/** Reads a query string, without "?". Throws ERR_REQUEST_INVALID with every wrong parameter named. */
export function readListQuery(text: string): ListQuery {
  const form = readForm(text);
  if (!form) throw invalid('the query has a parameter twice: send each once');
  const query = checked(Query, Object.fromEntries(form));
  const { limit, offset, startTime = null, endTime = null } = query;
  return { limit, offset, status: named(query), from: startTime, until: endTime };
}

function named({ status, endState }: z.infer<typeof Query>): SessionQuery['status'] {
  if (endState !== undefined) {
    if (status !== 'all') throw invalid('status and endState ask for the same: send one of them');
    return endStates.get(endState) ?? null;
  }
  if (status === 'all') return null;
  return status === 'active' ? 'live' : status;
}

function whole(least: number, most: number): z.ZodType<number, string> {
  return z
    .string()
    .transform((text) => (/^\d{1,7}$/.test(text) ? Number(text) : NaN))
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);
}

function invalid(message: string): GatewayError {
  return new GatewayError('ERR_REQUEST_INVALID', message);
}
