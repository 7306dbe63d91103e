import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** A network of one's own, without being root. */
const NAMESPACE = ['--map-root-user', '--net'];
const isPossible = spawnSync('unshare', [...NAMESPACE, 'ip', 'link', 'set', 'lo', 'up']).status === 0;

test.runIf(isPossible)(
  'a peer that no packet reaches any more is noticed by its silence, and the other end hears 1011',
  { timeout: 30_000 },
  () => {
    const scene = join(import.meta.dirname, 'half-open-scene.mjs');
    const printed = execFileSync('unshare', [...NAMESPACE, process.execPath, scene], { timeout: 25_000 });
    const { bot, caller, isLasting } = JSON.parse(printed.toString()) as Record<
      'bot' | 'caller',
      { code: number; ms: number }
    > & { isLasting: boolean };
    expect([bot.code, caller.code, isLasting]).toEqual([1011, 1011, true]);
    // Pings every second; two of them without an answer.
    expect(Math.max(bot.ms, caller.ms)).toBeLessThan(6000);
  },
);
