import { randomBytes } from 'node:crypto';
import type { ProviderModule } from '../../shared/provider.ts';

/** What a gateway on one laptop makes up, so that it runs with nothing configured. Never used on a public address. */
export interface Invented {
  /** Master secret. */
  readonly secret: Buffer;
  readonly publicKey: string;
  readonly privateKey: string;
  /** What carriers without a webhook show in the path of the demo agent's streams. */
  readonly streamSecret: string;
  /** Variables of all carriers, and what the simulator signs with. */
  readonly carriers: Readonly<Record<string, string>>;
}

export function invent(modules: readonly ProviderModule[]): Invented {
  return {
    secret: randomBytes(32),
    publicKey: `pk_${random()}`,
    privateKey: `sk_${random()}`,
    streamSecret: `ss_${random()}`,
    carriers: Object.assign({}, ...modules.map((module) => module.inventCredentials())),
  };
}

function random(): string {
  return randomBytes(32).toString('base64url');
}
