import { describe, expect, test } from 'vitest';
import type { Env } from '../../shared/env.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import { readEvidence } from '../helpers/evidence.ts';
import { describeCallbacks } from './callbacks.ts';
import { describeDocuments } from './documents.ts';
import { describeSignatures } from './signatures.ts';
import { describeStream } from './stream.ts';

const invalidConfig = expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }) as Error;

/** What every provider must do, whatever its dialect. */
export function describeProvider(module: ProviderModule): void {
  const { env } = readEvidence(module.name);
  const configure = (given: Env): unknown =>
    module.streamsOnly ? module.streamsOnly(given) : module.configure(given);

  describe(`provider ${module.name}`, () => {
    describe('configuration', () => {
      test('is off when none of its variables is set', () => {
        expect(configure({})).toBeNull();
        expect(module.carrier({})).toBeNull();
      });

      test('names exactly the variables of its evidence', () => {
        expect([...module.variables]).toEqual(Object.keys(env));
        expect(configure(env)).toMatchObject({ name: module.name });
      });

      test.each(Object.keys(env).length > 1 ? Object.keys(env) : [])(
        'stops when only %s is missing',
        (name) => {
          expect(() => configure({ ...env, [name]: undefined })).toThrow(invalidConfig);
        },
      );

      test.each(
        Object.keys(env).flatMap((name) =>
          ['', ' ', ',', 'a b', 'é', `${env[name]},`].map((bad) => [name, bad]),
        ),
      )('stops when %s is %j, without quoting it', (name = '', bad = '') => {
        const error = configurationError(() => configure({ ...env, [name]: bad }));
        expect(error).toEqual(invalidConfig);
        expect(error.message).toContain(name);
        expect(bad.length > 3 && error.message.includes(bad)).toBe(false);
      });

      test('works with credentials it invents, which are new each time', () => {
        const invented = module.inventCredentials();
        expect(configure(invented)).not.toBeNull();
        expect(module.carrier(invented)).not.toBeNull();
        expect(Object.keys(invented)).toEqual(expect.arrayContaining([...module.variables]));
        for (const [name, value] of Object.entries(module.inventCredentials())) {
          expect(value).not.toBe(invented[name]);
        }
      });
    });

    // Without a webhook there is nobody to check, and nothing to answer.
    if (!module.streamsOnly) {
      describeSignatures(module);
      describeDocuments(module);
      describeCallbacks(module);
    }
    describeStream(module);
  });
}

function configurationError(configure: () => unknown): Error {
  try {
    configure();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return new Error('nothing was thrown');
}
