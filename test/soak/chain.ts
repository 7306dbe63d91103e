import { createHash, type Hash } from 'node:crypto';

/** Messages in one link of a chain. */
export const LINK = 4096;
const SCRATCH = 256 * 1024;

/** A hash over each 4,096 messages and over all links before: two ends that saw the same have the same links. */
export class Chain {
  readonly links: string[] = [];
  count = 0;
  #hash: Hash = createHash('sha256');
  readonly #scratch = Buffer.allocUnsafe(SCRATCH);
  #filled = 0;

  /** `from` to `to` in `bytes`: the payload of the next message, unmasked. */
  add(opcode: number, bytes: Buffer, from: number, to: number): void {
    if (this.#filled + 5 + to - from > SCRATCH) this.#flush();
    this.#scratch[this.#filled] = opcode;
    this.#scratch.writeUInt32BE(to - from, this.#filled + 1);
    bytes.copy(this.#scratch, this.#filled + 5, from, to);
    this.#filled += 5 + to - from;
    this.count += 1;
    if (this.count % LINK === 0) this.close();
  }

  /** Ends a link before its time. */
  close(): void {
    this.#flush();
    const link = this.#hash.digest('base64url');
    this.links.push(link);
    this.#hash = createHash('sha256').update(link);
  }

  #flush(): void {
    this.#hash.update(this.#scratch.subarray(0, this.#filled));
    this.#filled = 0;
  }
}
