import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Tests against Pipecat itself, in the Python that test/interop/run.mjs sets up: `npm run test:interop`. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/interop/**/*.interop.ts'],
    globalSetup: ['test/setup/secrets-stay-secret.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Calls are as long as they are heard: who computes meanwhile makes them stutter.
    maxWorkers: 1,
  },
});

export default config;
