import { readFileSync } from 'node:fs';

/** File descriptors kept for what is no call: standard streams, modules, the store, listening sockets. */
const RESERVED = 64;

/** How many descriptors this process may open; null where nobody tells. Node raises its soft limit to the hard one. */
export function descriptorLimit(): number | null {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null; // not Linux
  }
}

export interface Room {
  /** Calls at once: as configured, or as many as there are descriptors for. */
  readonly maxSockets: number;
  /** Connections that are no call yet, or never will be. Above it they are dropped before anything is read. */
  readonly maxConnections: number;
}

/** A call takes two descriptors, the caller's and the bot's, and whoever comes to call takes one before that. */
export function roomFor(maxSockets: number, limit: number | null): Room {
  if (limit === null) return { maxSockets, maxConnections: Number.POSITIVE_INFINITY };
  const free = Math.max(limit - RESERVED, 8);
  const calls = Math.min(maxSockets, Math.floor((free * 3) / 8));
  return { maxSockets: calls, maxConnections: free - 2 * calls };
}
