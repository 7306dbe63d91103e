import { GatewayError } from '../../shared/errors.ts';
import { json, type HttpHandler } from '../../shared/http.ts';
import type { ControlRoute } from '../control/routes.ts';
import type { Authorize } from '../keys.ts';
import { refusalOf } from '../refusals.ts';
import type { Refusal, RefusalBook } from './book.ts';

export interface RefusalRoutesOptions {
  readonly book: RefusalBook;
  /** By private key. */
  readonly organizationOf: Authorize;
  /** Whose gateway it is: refusals are of nobody's agents. */
  readonly organization: string;
}

/** GET /v1/refusals and /v1/refusals/{id}: docs/refusals.md. */
export function refusalRoutes({ book, organizationOf, organization }: RefusalRoutesOptions): ControlRoute[] {
  const guarded =
    (answer: () => Promise<object>): HttpHandler =>
    async ({ headers }) => {
      try {
        if (organizationOf(headers['authorization']) !== organization) throw notTheirs();
        return json(200, await answer());
      } catch (error) {
        return refusalOf(error);
      }
    };
  const list = guarded(async () => ({ refusals: (await book.list()).map(view) }));
  const show = (id: string): HttpHandler =>
    guarded(async () => {
      const refusal = (await book.list()).find((one) => one.id === id);
      if (refusal) return view(refusal);
      throw new GatewayError(
        'ERR_REFUSAL_UNKNOWN',
        'no such refusal is remembered: see /v1/refusals for the last ones',
      );
    });
  return [
    { method: 'get', path: '/v1/refusals', handlerFor: () => list },
    { method: 'get', path: '/v1/refusals/:id', handlerFor: (names) => show(String(names['id'])) },
  ];
}

function view({ id, at, door, endpoint, explanation }: Refusal): object {
  return { id, at: new Date(at).toISOString(), door, endpoint, ...explanation };
}

function notTheirs(): GatewayError {
  const sentence = 'refusals are shown to private keys of the first organization: the gateway is theirs';
  return new GatewayError('ERR_AGENT_UNKNOWN', sentence);
}
