import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GOODBYE, judge, SLACK } from './judge.ts';
import { readRecords, recordTo, type Entry, type Hit, type Said, type Side } from './records.ts';

const START = 1_000_000;
const COUNT = 20;
const HUNG_UP = START + 60_000;

function said(kind: Said['kind'], call: string, from: Side, sequence: number): Said {
  const hash = `${call}-${from}-${sequence}`;
  return { kind, call, from, sequence, bytes: 100 + sequence, text: true, hash, at: START + sequence };
}

/** A call of twenty messages each way, all of which arrive, and that the caller ends with 4000. */
function wholeCall(call: string): Entry[] {
  const entries: Entry[] = [];
  for (const side of ['caller', 'bot'] as const) {
    entries.push({ kind: 'opened', call, side, at: START });
    for (const kind of ['sent', 'got'] as const) {
      for (let index = 0; index < COUNT; index += 1) entries.push(said(kind, call, side, index));
    }
  }
  entries.push({ kind: 'hung up', call, side: 'caller', code: 4000, at: HUNG_UP });
  for (const side of ['bot', 'caller'] as const) {
    entries.push({ kind: 'ended', call, side, code: 4000, at: HUNG_UP + 10 });
  }
  return entries;
}

/** Where a message stands among the entries. */
function at(entries: readonly Entry[], kind: Said['kind'], from: Side, sequence: number): number {
  return entries.findIndex(
    (entry) => entry.kind === kind && entry.from === from && entry.sequence === sequence,
  );
}

function swap(entries: Entry[], one: number, other: number): void {
  const [first, second] = [entries[one], entries[other]];
  if (first && second) [entries[one], entries[other]] = [second, first];
}

function change(entries: Entry[], index: number, changes: object): void {
  const entry = entries[index];
  if (entry) entries[index] = { ...entry, ...changes };
}

const endOf = (entries: readonly Entry[], side: Side): number =>
  entries.findIndex((entry) => entry.kind === 'ended' && entry.side === side);

async function wrongsOf(entries: readonly Entry[]): Promise<string[]> {
  const { violations } = await judge([...entries, ...wholeCall('another')]);
  return violations.map(({ call, wrong }) => (call === 'one' ? wrong : `${call}: ${wrong}`));
}

test('calls of which every message arrived and every end was heard are in order', async () => {
  const verdict = await judge([...wholeCall('one'), ...wholeCall('two')]);
  expect(verdict).toEqual({ calls: 2, hit: 0, messages: 80, arrived: 80, violations: [] });
});

describe('a planted fault is found:', () => {
  test.each<[name: string, plant: (entries: Entry[]) => void, wrongs: string[]]>([
    ['a message lost', (all) => void all.splice(at(all, 'got', 'caller', 7), 1), ['lost']],
    ['the first message lost', (all) => void all.splice(at(all, 'got', 'bot', 0), 1), ['lost']],
    ['the last message lost', (all) => void all.splice(at(all, 'got', 'caller', COUNT - 1), 1), ['lost']],
    [
      'the last message of who did not hang up lost',
      (all) => void all.splice(at(all, 'got', 'bot', 19), 1),
      ['lost'],
    ],
    ['five messages lost', (all) => void all.splice(at(all, 'got', 'bot', 5), 5), ['lost']],
    ['all messages lost', (all) => void all.splice(at(all, 'got', 'bot', 0), COUNT), ['lost']],
    [
      'two messages swapped',
      (all) => swap(all, at(all, 'got', 'bot', 3), at(all, 'got', 'bot', 4)),
      ['reordered'],
    ],
    [
      'a message held back',
      (all) => all.splice(at(all, 'got', 'bot', 18), 0, ...all.splice(at(all, 'got', 'bot', 3), 1)),
      ['reordered'],
    ],
    ['a message changed', (all) => change(all, at(all, 'got', 'caller', 9), { hash: 'other' }), ['changed']],
    ['a message cut', (all) => change(all, at(all, 'got', 'caller', 9), { bytes: 3 }), ['changed']],
    ['a text become binary', (all) => change(all, at(all, 'got', 'caller', 9), { text: false }), ['changed']],
    [
      'a message out of nowhere',
      (all) => all.splice(at(all, 'got', 'bot', 9), 0, { ...said('got', 'one', 'bot', 9), hash: 'new' }),
      ['changed'],
    ],
    [
      'a message of another call',
      (all) => all.splice(at(all, 'got', 'bot', 9), 0, { ...said('got', 'another', 'bot', 9), call: 'one' }),
      ['foreign'],
    ],
    [
      'a message of the other end',
      (all) => all.splice(at(all, 'got', 'bot', 9), 0, { ...said('got', 'one', 'caller', 9), from: 'bot' }),
      ['changed'],
    ],
    [
      'a message twice',
      (all) => all.splice(at(all, 'got', 'bot', 9), 0, said('got', 'one', 'bot', 8)),
      ['duplicated'],
    ],
    ['a wrong code', (all) => change(all, endOf(all, 'bot'), { code: 1000 }), ['wrong code']],
    ['a connection cut', (all) => change(all, endOf(all, 'caller'), { code: 1006 }), ['wrong code']],
    [
      'a late end',
      (all) => change(all, endOf(all, 'bot'), { at: HUNG_UP + GOODBYE + SLACK + 1 }),
      ['late end'],
    ],
    ['an end too early', (all) => change(all, endOf(all, 'bot'), { at: HUNG_UP - 1 }), ['unexpected end']],
    ['an end that never came', (all) => void all.splice(endOf(all, 'bot'), 1), ['no end']],
    [
      'an end nobody asked for',
      (all) =>
        void all.splice(
          all.findIndex(({ kind }) => kind === 'hung up'),
          1,
        ),
      ['unexpected end', 'unexpected end'],
    ],
    [
      'a bot that was never reached',
      (all) =>
        void all.splice(
          all.findLastIndex(({ kind }) => kind === 'opened'),
          1,
        ),
      ['never opened'],
    ],
    [
      'a refusal',
      (all) => void all.push({ kind: 'refused', call: 'one', status: 503, at: START }),
      ['never opened'],
    ],
  ])('%s', async (_, plant, wrongs) => {
    const entries = wholeCall('one');
    plant(entries);
    expect(await wrongsOf(entries)).toEqual(wrongs);
  });
});

describe('a call that was hit', () => {
  const hit: Hit = {
    kind: 'hit',
    call: 'one',
    fault: 'caller resets',
    at: START + 10_000,
    within: 1000,
    codes: { bot: [1011] },
  };
  const limit = hit.at + hit.within;
  /** Ten of the caller's messages and all of the bot's arrive; then the bot hears that it is over. */
  const hitCall = (facts: Partial<Hit>, end: { code: number; at: number } | null): Entry[] => {
    const entries = wholeCall('one').filter(({ kind }) => kind !== 'ended' && kind !== 'hung up');
    entries.splice(at(entries, 'got', 'caller', 10), 10);
    entries.push({ ...hit, ...facts });
    if (end) entries.push({ kind: 'ended', call: 'one', side: 'bot', ...end });
    return entries;
  };

  test.each<[name: string, facts: Partial<Hit>, end: { code: number; at: number } | null, wrongs: string[]]>([
    ['may lose what was on its way', {}, { code: 1011, at: limit }, []],
    ['may not lose what its fault spares', { complete: 'caller' }, { code: 1011, at: limit }, ['lost']],
    ['ends with the code of its fault', {}, { code: 1000, at: limit }, ['wrong code']],
    ['ends in its time', {}, { code: 1011, at: limit + SLACK + 1 }, ['late end']],
    ['ends', {}, null, ['no end']],
  ])('%s', async (_, facts, end, wrongs) => {
    expect(await wrongsOf(hitCall(facts, end))).toEqual(wrongs);
  });

  test('hears nothing but a beginning of what was said', async () => {
    const entries = hitCall({}, { code: 1011, at: limit });
    entries.splice(at(entries, 'got', 'caller', 4), 1);
    expect(await wrongsOf(entries)).toEqual(['lost']);
  });

  test.each([
    [503, []],
    [403, ['wrong code']],
  ])('before it was open is refused with a status of its fault: %i', async (status, wrongs) => {
    const refused: Entry = { kind: 'refused', call: 'one', status, at: START };
    expect(await wrongsOf([{ ...hit, refused: [503] }, refused])).toEqual(wrongs);
  });
});

test('records are read back from all files of a folder, without a line that was cut short', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-records-'));
  const one = recordTo(join(folder, 'one.jsonl'));
  const two = recordTo(join(folder, 'two.jsonl'));
  wholeCall('one').forEach((entry, index) => (index % 2 === 0 ? one : two)(entry));
  writeFileSync(join(folder, 'cut.jsonl'), '{"kind":"sent","call":"on');
  let count = 0;
  for await (const { call } of readRecords(folder)) count += call === 'one' ? 1 : 0;
  expect(count).toBe(wholeCall('one').length);
  rmSync(folder, { recursive: true });
});
