import { describe, expect, test } from 'vitest';
import { allProviders } from '../../gateway/carriers.ts';
import { recogniser, type Recognised } from '../../transports/recognise.ts';
import { readStream } from '../helpers/evidence.ts';

const names = allProviders.map(({ name }) => name);

/** Whose recorded stream it is taken for. */
function recognised(name: string, hint: string | undefined): string {
  const recognise = recogniser(allProviders, hint);
  let found: Recognised | null = null;
  for (const { direction, message } of readStream(name)) {
    if (direction === 'provider_to_server') found ??= recognise(message);
  }
  return found?.type === 'call' ? found.module.name : 'stranger';
}

describe.each(names)('a recorded stream of %s', (name) => {
  test('is recognised without a hint', () => {
    // A dialect whose first message is Plivo's, letter for letter.
    expect(recognised(name, undefined)).toBe(name === 'vobiz' ? 'plivo' : name);
  });

  test('is recognised with the right hint', () => {
    expect(recognised(name, name)).toBe(name);
  });

  test.each(names.filter((other) => other !== name))(
    'is not taken for one of %s when that is the hint',
    (hint) => {
      // Who says it is the other one is believed: in words, a dialect may say nothing that its parent would not.
      const isAlike = ['plivo vobiz', 'vobiz plivo', 'signalwire twilio'].includes(`${name} ${hint}`);
      expect(recognised(name, hint)).toBe(isAlike ? hint : recognised(name, undefined));
    },
  );
});
