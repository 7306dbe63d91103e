import { createHash } from 'node:crypto';
import { GatewayError } from '../shared/errors.ts';
import type { Provider, SignatureCheck, StreamsOnly, UpgradeRequest } from '../shared/provider.ts';
import { TOKEN_TTL } from '../shared/start.ts';
import type { Address } from './address.ts';
import { serviceHostOf, type Agent } from './agents.ts';
import type { Ticket } from './sessions/store.ts';

/** Carriers that sign their upgrades, by name. */
export type Signers = ReadonlyMap<string, Signer>;
type Signer = Required<Pick<Provider, 'verifyUpgrade'>>;

export function signersAmong(carriers: Iterable<Provider | StreamsOnly>): Signers {
  return new Map(
    [...carriers].flatMap((provider) => {
      const { name } = provider;
      return isSigner(provider) ? [[name, provider] as const] : [];
    }),
  );
}

function isSigner(provider: Provider | StreamsOnly): provider is (Provider | StreamsOnly) & Signer {
  return provider.verifyUpgrade !== undefined;
}

/** What became of the signature on an upgrade, for the log: enough to see whether an agent can require it. */
export type SignatureSeen = 'right' | 'wrong' | 'missing';

/** Null where the carrier signs none. */
export function seenSignature(signers: Signers, name: string, upgrade: UpgradeRequest): SignatureSeen | null {
  const check = signers.get(name)?.verifyUpgrade(upgrade);
  return check ? wordFor(check) : null;
}

function wordFor(check: SignatureCheck): SignatureSeen {
  if (check.ok) return 'right';
  return check.flaw?.type === 'missing' ? 'missing' : 'wrong';
}

/** Throws ERR_SIGNATURE_REFUSED unless the carrier signed this very upgrade. */
export function requireSignature(signers: Signers, name: string, upgrade: UpgradeRequest): void {
  const signer = signers.get(name);
  if (!signer)
    throw refusedSignature(`only carriers that sign their upgrades may come in here: ${named(signers)}`);
  if (signer.verifyUpgrade(upgrade).ok) return;
  throw refusedSignature("the carrier's signature on this upgrade is missing or wrong");
}

/** For an agent that asks for nothing but the signature: its one address, in its one spelling. */
export function requireCanonical(
  { endpoint, serviceHost }: Address,
  { url }: UpgradeRequest,
  base: string,
): void {
  if (url === `${base}/ws/${endpoint}/${serviceHost}`) return;
  throw refusedSignature(
    'this agent takes signed upgrades at /ws/{provider}/{agent}.{organization}, without token or query',
  );
}

/** Where a session waits whose stream brings no token: for its phone call. Nothing else has keys of this make. */
export function callTicket(provider: string, agent: Agent, callId: string, issuedAt: number): Ticket {
  const name = JSON.stringify(['call', provider, serviceHostOf(agent), callId]);
  const key = createHash('sha256').update(name).digest('base64url');
  return { key, expiresAt: issuedAt + TOKEN_TTL };
}

/** `reason`: for our log only. */
export function refusedSignature(sentence: string, reason?: string): GatewayError {
  const cause = reason === undefined ? undefined : new Error(reason);
  return new GatewayError('ERR_SIGNATURE_REFUSED', sentence, { cause });
}

export function named(signers: Signers): string {
  return [...signers.keys()].join(', ') || 'none is configured';
}
