import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeRecording } from './recording.ts';
import { reportJson, type CallReport } from './report.ts';
import { writeWav } from './wav.ts';

/**
 * Writes a call into a directory, which is made when it is missing: `heard.wav` and `said.wav` (16 bits, 8 kHz, mono, on
 * one clock), `timeline.json` (the report) and `recording.jsonl`. No address of a stream is in it, so no token either.
 */
export async function saveCall(directory: string, report: CallReport): Promise<void> {
  const { heard, said, recording } = report.tape;
  await mkdir(directory, { recursive: true });
  const files: Readonly<Record<string, string | Uint8Array>> = {
    'heard.wav': writeWav(heard),
    'said.wav': writeWav(said),
    'timeline.json': `${JSON.stringify(reportJson(report), null, 2)}\n`,
    'recording.jsonl': writeRecording(recording),
  };
  await Promise.all(
    Object.entries(files).map(([name, content]) => writeFile(join(directory, name), content)),
  );
}
