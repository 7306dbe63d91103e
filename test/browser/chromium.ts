import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Path of the browser: CHROMIUM, or the first one on PATH. Null where there is none. */
export function findChromium({ CHROMIUM, PATH = '' }: NodeJS.ProcessEnv = process.env): string | null {
  const folders = PATH.split(delimiter).filter(Boolean);
  const found = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return (CHROMIUM ? [CHROMIUM] : found).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * A browser whose microphone hears a WAV file over and over, and where pages may use it without asking. Its profile is a
 * temporary folder that closing removes.
 *
 * @see https://peter.sh/experiments/chromium-command-line-switches/ and https://playwright.dev/docs/api/class-browsertype (read 2026-11-21)
 */
export async function launchChromium(microphone: string): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium() ?? '',
    args: [
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-audio-capture=${microphone}`,
      '--disable-dev-shm-usage', // containers have 64 MB of it
    ],
    timeout: 20_000,
  });
}
