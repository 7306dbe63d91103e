import { createHash } from 'node:crypto';
import type { Random } from './random.ts';

export interface TestMessage {
  readonly data: Buffer;
  readonly text: boolean;
}

/** Bytes of one message at most. */
const MAX_BYTES = 64 * 1024;
const pool = Buffer.alloc(2 * MAX_BYTES);
for (let index = 0; index < pool.length; index += 1) pool[index] = (index * 131 + (index >> 7)) & 255;
const letters = Buffer.from(pool.map((byte) => 32 + (byte % 95)));

/** From 1 byte to 64 KiB, every order of magnitude as likely as the next; begins with who said it. */
export function randomMessage(random: Random, label: string): TestMessage {
  const bytes = Math.max(1, Math.floor(MAX_BYTES ** random.next()));
  return messageOf(random, label, bytes);
}

export function messageOf(random: Random, label: string, bytes: number): TestMessage {
  const text = random.next() < 0.5;
  const from = random.between(0, MAX_BYTES - 1);
  const data = Buffer.from((text ? letters : pool).subarray(from, from + bytes));
  data.write(
    text && bytes > label.length + 8 ? `${label} ü€😀` : label,
    0,
    Math.min(bytes, label.length + 9),
  );
  return { data, text };
}

export function hashOf(data: Buffer): string {
  return createHash('sha256').update(data).digest('base64url').slice(0, 16);
}
