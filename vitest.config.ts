import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/secrets-stay-secret.ts'],
    testTimeout: 15_000,
  },
});
