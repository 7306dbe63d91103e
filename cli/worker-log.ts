import { write as writeFile } from 'node:fs';
import type { Log } from '../gateway/log.ts';
import { openLog } from './log-stream.ts';

/** Bytes that reach a pipe in one piece, whoever else writes to it: PIPE_BUF of Linux, pipe(7). POSIX promises 512. */
const PIPE_BUF = 4096;

/** As openLog, for processes that share one standard output: their lines never mix. */
export function openSharedLog(secretValues: readonly string[]): Promise<Log> {
  return openLog(secretValues, (fd, bytes, done) => writeFile(fd, wholeLines(bytes), done));
}

/** As many lines from the beginning as go in one piece. A longer line goes as it is. */
function wholeLines(bytes: Buffer): Buffer {
  if (bytes.length <= PIPE_BUF) return bytes;
  const fits = bytes.lastIndexOf('\n', PIPE_BUF - 1) + 1;
  return bytes.subarray(0, fits > 0 ? fits : bytes.indexOf('\n') + 1 || bytes.length);
}

/** Says on every line which worker wrote it. */
export function numbered(log: Log, worker: number): Log {
  return {
    info: (data, message) => log.info({ worker, ...data }, message),
    warn: (data, message) => log.warn({ worker, ...data }, message),
    error: (data, message) => log.error({ worker, ...data }, message),
  };
}
