import type { z } from 'zod';
import { GatewayError } from '../shared/errors.ts';

/** What a request says, if it fits. Throws ERR_REQUEST_INVALID with every wrong member named. */
export function checked<T>(schema: z.ZodType<T>, given: unknown): T {
  const { data, error, success } = schema.safeParse(given);
  if (success) return data;
  throw new GatewayError('ERR_REQUEST_INVALID', error.issues.map(describe).join('; '));
}

/** The same for members that are still JSON text. */
export function checkedMembers<T>(schema: z.ZodType<T>, members: Iterable<readonly [string, string]>): T {
  const values = [...members].map(([name, text]): [string, unknown] => [name, JSON.parse(text)]);
  return checked(schema, Object.fromEntries(values));
}

function describe({ path, message }: { path: PropertyKey[]; message: string }): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}
