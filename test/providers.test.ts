import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import * as modules from '../providers/index.ts';
import type { ProviderModule } from '../shared/provider.ts';
import { describeProvider } from './contract/provider.ts';

const registry = Object.values(modules) satisfies readonly ProviderModule[];

test('every provider is registered under its own name, once', () => {
  expect(registry.map(({ name }) => name).toSorted()).toEqual(Object.keys(modules).toSorted());
});

test('a webhook loads the signature checks of the SDKs and not their REST clients', () => {
  const loaded = Object.keys(createRequire(import.meta.url).cache).join('\n');
  expect(loaded).toMatch(/twilio\/lib\/webhooks/);
  expect(loaded).toMatch(/plivo\/dist\/utils\/v3Security/);
  expect(loaded).not.toMatch(/node_modules\/(?:axios|jsonwebtoken|joi|xml2js)\//);
});

for (const module of registry) describeProvider(module);
