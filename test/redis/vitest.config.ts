import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Tests that need a real Redis: `npm run test:redis`. One after the other: they measure how long a caller waits. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/redis/**/*.redis.ts'],
    globalSetup: ['test/setup/secrets-stay-secret.ts'],
    testTimeout: 60_000,
    hookTimeout: 20_000,
    maxWorkers: 1,
  },
});

export default config;
