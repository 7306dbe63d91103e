import { defineConfig, type ViteUserConfig } from 'vitest/config';

/**
 * Exported handlers where they run: `npm run test:functions`. Needs a package registry the first time, for `twilio-run` and
 * `workerd`, which weigh over 100 MB each and so are no dependencies of ours.
 */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/functions/**/*.functions.ts'],
    globalSetup: ['test/setup/secrets-stay-secret.ts', 'test/functions/setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Some measure how long a caller waits.
    maxWorkers: 1,
  },
});

export default config;
