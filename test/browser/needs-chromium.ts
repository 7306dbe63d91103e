import { findChromium } from './chromium.ts';

/** Says why tests are skipped, or fails where they must not be. */
export function setup(): void {
  if (findChromium() !== null) return;
  const sentence = 'there is no Chromium here: apt-get install chromium, or set CHROMIUM to the path of one';
  if (process.env['HOOKSWITCH_BROWSER'] === 'required') throw new Error(sentence);
  process.stdout.write(`the browser tests are skipped, ${sentence}\n`);
}
