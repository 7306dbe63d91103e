/** Bytes in pieces of any length in, pieces of one length out, in order. */
export interface Framer {
  push(bytes: Uint8Array): readonly Uint8Array[];
  /** What is left of the last piece, filled up with zeros: silence where audio is linear. Null when nothing is left. */
  flush(): Uint8Array | null;
  clear(): void;
}

/** `size`: bytes of a piece. */
export function framerOf(size: number): Framer {
  let rest = new Uint8Array(0);
  return {
    push(bytes) {
      const whole = Buffer.concat([rest, bytes]);
      const pieces = Array.from({ length: Math.floor(whole.length / size) }, (_, index) =>
        whole.subarray(index * size, (index + 1) * size),
      );
      rest = Uint8Array.from(whole.subarray(pieces.length * size));
      return pieces;
    },
    flush() {
      if (rest.length === 0) return null;
      const piece = new Uint8Array(size);
      piece.set(rest);
      rest = new Uint8Array(0);
      return piece;
    },
    clear() {
      rest = new Uint8Array(0);
    },
  };
}
