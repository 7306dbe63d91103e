import { describe, expect, test } from 'vitest';
import { playback } from '../../simulator/playback.ts';

const samples = (count: number, value = 1): Int16Array => new Int16Array(count).fill(value);

test('audio is played in order, cut and joined to fit, and filled up with silence', () => {
  const player = playback(8000);
  player.push(Int16Array.of(1, 2, 3));
  player.push(Int16Array.of(4));
  expect([...player.play(2).samples]).toEqual([1, 2]);
  expect(player.waiting()).toBe(2);
  expect([...player.play(4).samples]).toEqual([3, 4, 0, 0]);
  expect([...player.play(1).samples]).toEqual([0]);
});

test('a mark is due when all before it was played', () => {
  const player = playback(8000);
  expect(player.mark('at once')).toBe(true);
  player.push(samples(160));
  expect(player.mark('a')).toBe(false);
  expect(player.mark('b')).toBe(false);
  player.push(samples(100));
  expect(player.mark('c')).toBe(false);
  expect(player.play(159).marks).toEqual([]);
  expect(player.play(1).marks).toEqual(['a', 'b']);
  expect(player.play(160).marks).toEqual(['c']);
  expect(player.mark('again at once')).toBe(true);
});

test('clearing forgets the audio and gives back the marks', () => {
  const player = playback(8000);
  player.push(samples(800));
  player.mark('a');
  player.push(samples(800));
  player.mark('b');
  player.play(160);
  expect(player.clear()).toEqual(['a', 'b']);
  expect(player.waiting()).toBe(0);
  expect(player.play(160)).toEqual({ samples: samples(160, 0), marks: [] });
});

describe('a gap', () => {
  test.each([
    ['40 ms', 320, { count: 1, ms: 40 }],
    ['1 sample', 1, { count: 1, ms: 0.125 }],
    ['199 ms', 1592, { count: 1, ms: 199 }],
    ['200 ms, which is a pause', 1600, { count: 0, ms: 0 }],
    ['nothing', 0, { count: 0, ms: 0 }],
  ])('of %s inside speech', (_, silence, gaps) => {
    const player = playback(8000);
    player.play(400); // silence before the bot begins is none
    player.push(samples(160));
    player.play(160 + silence);
    player.push(samples(160));
    player.play(160);
    expect(player.gaps).toEqual(gaps);
  });

  test('is none after a clear', () => {
    const player = playback(8000);
    player.push(samples(160));
    player.play(160);
    player.clear();
    player.play(100);
    player.push(samples(10));
    player.play(10);
    expect(player.gaps).toEqual({ count: 0, ms: 0 });
  });
});
