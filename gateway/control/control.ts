import type { RequestHandler } from 'express';
import type { Organization } from '../agents.ts';
import { keyRing } from '../keys.ts';
import { sessionProxy, type SessionProxyOptions } from './proxy.ts';
import { controlRoutes, type ControlOptions, type ControlRoute } from './routes.ts';

/** The session API: docs/session-api.md. */
export interface SessionControl {
  /** With private keys. */
  readonly routes: readonly ControlRoute[];
  /** With public keys. */
  readonly proxy: RequestHandler;
}

export function sessionControl(
  options: Omit<SessionProxyOptions & ControlOptions, 'organizationOf'> & {
    readonly organizations: readonly Organization[];
  },
): SessionControl {
  const { organizations } = options;
  return {
    routes: controlRoutes({ ...options, organizationOf: keyRing(organizations, 'private') }),
    proxy: sessionProxy({ ...options, organizationOf: keyRing(organizations, 'public') }),
  };
}
