import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Pipecat's browser client in a real browser: `npm run test:browser`. One browser at a time: audio wants its time. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/browser/**/*.browser.ts'],
    globalSetup: ['test/setup/secrets-stay-secret.ts', 'test/browser/needs-chromium.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 1,
  },
});

export default config;
