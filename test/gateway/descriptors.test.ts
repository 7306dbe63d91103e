import { expect, test } from 'vitest';
import { descriptorLimit, roomFor } from '../../gateway/descriptors.ts';

test.each([
  [10_000, null, { maxSockets: 10_000, maxConnections: Number.POSITIVE_INFINITY }],
  [10_000, 1_048_576, { maxSockets: 10_000, maxConnections: 1_028_512 }],
  [10_000, 20_000, { maxSockets: 7476, maxConnections: 4984 }],
  [10_000, 1024, { maxSockets: 360, maxConnections: 240 }],
  [100, 1024, { maxSockets: 100, maxConnections: 760 }],
  [10_000, 64, { maxSockets: 3, maxConnections: 2 }],
])('%i calls configured and %s descriptors leave room for %j', (configured, limit, room) => {
  expect(roomFor(configured, limit)).toEqual(room);
});

test.runIf(process.platform === 'linux')('the limit of this process is known', () => {
  expect(descriptorLimit()).toBeGreaterThan(100);
});
