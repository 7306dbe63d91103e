import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Tests that need redis-server, caddy, docker-compose and kubernetes-validate: `npm run test:deploy`. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/deploy/*.deploy.ts'],
    globalSetup: ['test/setup/secrets-stay-secret.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
  },
});

export default config;
