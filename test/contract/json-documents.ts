import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HttpResponse } from '../../shared/http.ts';
import type { Call, Provider } from '../../shared/provider.ts';
import { anyText, injections, stepsOf } from './hostile-texts.ts';

const jsonInjections = [
  ...injections,
  '"}]',
  '"},{"action":"talk","text":"evil"},{"',
  '"},{"verb":"hangup"},{"',
  '\\"}]',
  '\\',
  '\u2028',
  '__proto__',
];

/** Text of ours in a JSON document is a value, and nothing else. */
export function describeJson(provider: Provider, call: Call): void {
  const connected = (text: string): unknown =>
    read(
      provider.connect({ url: `wss://gw/${text}`, call: { ...call, from: text, to: text }, afterUrl: text }),
    );
  const declined = (text: string): unknown => read(provider.decline(stepsOf(text), { ...call, from: text }));

  test('are JSON, as application/json', () => {
    const { status, headers, body } = provider.hangUp();
    expect([status, headers]).toEqual([200, { 'content-type': 'application/json' }]);
    expect(Array.isArray(JSON.parse(body))).toBe(true);
  });

  test.each(jsonInjections)('carry %j as a value only', expectOnlyValues);

  test('carry any text at all as a value only', () => {
    fc.assert(fc.property(anyText, expectOnlyValues), { numRuns: 300 });
  });

  function expectOnlyValues(text: string): void {
    // Vonage leaves out parties that are too long for it.
    const shapes = ['14155550100', '1'.repeat(4096)].map((plain) => shapeOf(connected(plain)));
    expect(shapes).toContainEqual(shapeOf(connected(text)));
    const spoken = `x${text}`;
    expect(shapeOf(declined(spoken))).toEqual(shapeOf(declined('14155550100')));
    expect(textsIn(declined(spoken))).toContain(written(spoken));
  }
}

function read({ body }: HttpResponse): unknown {
  return JSON.parse(body);
}

/** A lone surrogate is no Unicode text: JSON writes it as an escape, and it comes back. */
function written(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

/** Names of members and words of the dialect, without any other text. A sentence in several pieces counts as one. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    const shapes = value.map((item: unknown) => JSON.stringify(shapeOf(item)));
    return shapes.filter((shape, index) => shape !== shapes[index - 1]);
  }
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? '…' : value;
  const words = ['action', 'verb', 'type'];
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      words.includes(name) ? (member as unknown) : shapeOf(member),
    ]),
  );
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** What is wrong, what to replace, by what. */
export const jsonMutations: Readonly<Record<string, [string, string, string][]>> = {
  vonage: [
    ['an action is unknown', '"action":"connect"', '"action":"teleport"'],
    ['the endpoint is unknown', '"type":"websocket"', '"type":"carrier-pigeon"'],
    ['the rate is another', 'rate=8000', 'rate=16000'],
    ['the headers are too long', '"from_number":"1', `"from_number":"${'1'.repeat(512)}`],
    ['a member is misspelled', '"uri"', '"url"'],
    ['a member of the action is misspelled', '"endpoint"', '"endpoints"'],
  ],
  jambonz: [
    ['a verb is unknown', '"verb":"listen"', '"verb":"eavesdrop"'],
    ['keys are kept back', '"passDtmf":true', '"passDtmf":false'],
    ['audio is not streamed', '"streaming":true', '"streaming":false'],
    ['audio is one-way', '"enabled":true', '"enabled":false'],
    ['the bot would hear itself', '"mixType":"mono"', '"mixType":"mixed"'],
    ['the rate is another', '"sampleRate":8000', '"sampleRate":16000'],
    ['a member is misspelled', '"passDtmf"', '"passDTMF"'],
  ],
};
