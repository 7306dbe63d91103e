import { readFileSync } from 'node:fs';

/** test/vectors/token-negative.json: published, so that other implementations can be held against it. */
export interface TokenVectors {
  /** As in HOOKSWITCH_SECRETS. */
  readonly secret: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly serviceHost: string;
  /** The one spelling that opens a socket, once it has been issued. */
  readonly valid: string;
  readonly refused: readonly RefusedToken[];
}

export interface RefusedToken {
  readonly name: string;
  readonly token: string;
  /** "valid" when the MAC is right and only the payload is wrong. */
  readonly mac?: 'valid';
}

const file = new URL('../vectors/token-negative.json', import.meta.url);

export const tokenVectors: TokenVectors = JSON.parse(readFileSync(file, 'utf8')) as TokenVectors;
