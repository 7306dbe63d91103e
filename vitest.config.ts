import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/secrets-stay-secret.ts'],
    testTimeout: 15_000,
    // Sockets wait more than they compute, also on one core.
    maxWorkers: 2,
  },
});
