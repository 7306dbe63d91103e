import { levelOf } from '../shared/audio.ts';

const BARS = '▁▂▃▄▅▆▇█';

/** Levels in dB of full scale that are drawn as the lowest and the highest bar. */
const FLOOR = -54;
const CEILING = -12;

/** How loud samples are over time, in `width` columns. */
export function sparkline(samples: Int16Array, width: number): string {
  return Array.from({ length: width }, (_, column) => {
    const begin = Math.floor((column * samples.length) / width);
    const end = Math.floor(((column + 1) * samples.length) / width);
    return barOf(levelOf(samples.subarray(begin, end)));
  }).join('');
}

function barOf(level: number): string {
  const decibels = 20 * Math.log10(level / 32_768);
  const share = (decibels - FLOOR) / (CEILING - FLOOR);
  const bar = Math.ceil(share * (BARS.length - 1));
  return BARS[Math.max(0, Math.min(BARS.length - 1, bar))] ?? ' ';
}
