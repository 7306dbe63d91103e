import { defineConfig } from 'vitest/config';

/** They mock a module, or look at what their process has loaded or holds: each needs a process of its own. */
const apart = [
  'test/attacks/held-memory.test.ts',
  'test/gateway/relay.test.ts',
  'test/gateway/tracing-off.test.ts',
  'test/providers.test.ts',
];
const all = { include: ['test/**/*.test.ts'], testTimeout: 15_000 };

export default defineConfig({
  test: {
    globalSetup: ['test/setup/secrets-stay-secret.ts'],
    // Sockets wait more than they compute, also on one core.
    maxWorkers: 3,
    projects: [
      // Loading all modules again for each file took more than half of the suite's CPU time.
      { test: { ...all, name: 'together', exclude: apart, isolate: false } },
      { test: { ...all, name: 'apart', include: apart } },
    ],
  },
});
