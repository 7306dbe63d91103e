/** Bytes in, the same bytes out again once `capacity` newer ones have come in. */
export interface DelayLine {
  /** As many bytes as came in, from `capacity` bytes ago; fewer, or none, while the line fills. */
  push(chunk: Uint8Array): Uint8Array;
}

export function delayLine(capacity: number): DelayLine {
  const ring = new Uint8Array(capacity);
  let filled = 0;
  let head = 0; // where the next byte is written; in a full line also the oldest one

  function exchange(chunk: Uint8Array): Uint8Array {
    const out = new Uint8Array(Math.max(0, filled + chunk.length - capacity));
    const oldest = (head - filled + capacity) % capacity;
    const toEnd = Math.min(out.length, capacity - oldest);
    out.set(ring.subarray(oldest, oldest + toEnd));
    out.set(ring.subarray(0, out.length - toEnd), toEnd);
    const room = Math.min(chunk.length, capacity - head);
    ring.set(chunk.subarray(0, room), head);
    ring.set(chunk.subarray(room), 0);
    head = (head + chunk.length) % capacity;
    filled += chunk.length - out.length;
    return out;
  }

  return {
    push(chunk) {
      if (chunk.length <= capacity) return exchange(chunk);
      const parts: Uint8Array[] = [];
      for (let at = 0; at < chunk.length; at += capacity)
        parts.push(exchange(chunk.subarray(at, at + capacity)));
      return Buffer.concat(parts);
    },
  };
}
