import { createHmac } from 'node:crypto';
import { sameSecret } from '../../shared/compare.ts';
import { deriveKey, type MasterSecret } from '../secrets.ts';

/** How a call came to an agent that another one handed it to. */
export interface Hop {
  /** Agents before this one: 0 where the call began. */
  readonly count: number;
  /** Id of the session that the call had before it; empty when there was none. */
  readonly after: string;
}

/** Where every call begins. */
export const NO_HOP: Hop = { count: 0, after: '' };

/** Whose hop it is: good for one phone call and one agent. */
export interface Hopping {
  readonly provider: string;
  readonly callId: string;
  /** `{agent}.{organization}` */
  readonly serviceHost: string;
}

/**
 * Hops as they travel in our own URLs, sealed: not every carrier's signature covers the URL, and whoever could write one
 * would send calls to any agent, or in a circle. The same hop is always written the same, so that a request that comes
 * again is known as one.
 */
export interface HopSeals {
  seal(hop: Hop, of: Hopping): string;
  /** Null for all that was not sealed here, in this very spelling, for this call and agent. */
  read(text: string, of: Hopping): Hop | null;
}

const LABEL = 'hookswitch/hop/v1';
const SHAPE = /^([1-9])\.([0-9a-f-]{36}|)\.([A-Za-z0-9_-]{43})$/;

export function hopSeals(secrets: readonly MasterSecret[]): HopSeals {
  const keys = secrets.map((secret) => deriveKey(secret, LABEL));
  const [first] = keys;
  if (!first) throw new TypeError('hops need at least one secret');
  return {
    seal: (hop, of) => `${hop.count}.${hop.after}.${mac(first, hop, of)}`,
    read(text, of) {
      const [, count, after = '', tag = ''] = SHAPE.exec(text) ?? [];
      const hop = { count: Number(count), after };
      return keys.map((key) => sameSecret(mac(key, hop, of), tag)).includes(true) ? hop : null;
    },
  };
}

function mac(key: Buffer, { count, after }: Hop, { provider, callId, serviceHost }: Hopping): string {
  const sealed = JSON.stringify([provider, callId, serviceHost, count, after]);
  return createHmac('sha256', key).update(sealed).digest('base64url');
}
