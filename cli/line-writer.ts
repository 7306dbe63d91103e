import { write as writeFile, writeSync } from 'node:fs';

/** Characters that wait for a slow reader at most; further lines are dropped and counted. */
export const MAX_WAITING: number = 1024 * 1024;

/** Milliseconds before a reader that took nothing is tried again. */
const RETRY = 20;

/** Milliseconds in which lines gather, to be written at once: a write is a system call and a visit to another thread. */
const GATHERING = 10;

export interface LineWriter {
  write(line: string): void;
  /** What still waits, in one attempt that blocks: for the end of the process. */
  flush(): void;
}

export type Write = (
  fd: number,
  bytes: Buffer,
  done: (error: NodeJS.ErrnoException | null, written: number) => void,
) => void;

/**
 * Writes lines to a file descriptor that may be slow, stuck, full or gone, and never throws: a log must not end a call.
 * pino's own destination throws on a full disk, and at exit tries for ever.
 */
export function lineWriter(fd: number, write: Write = writeFile, gathering: number = GATHERING): LineWriter {
  let lines: string[] = [];
  let waiting = 0;
  let dropped = 0;
  let underway = Buffer.alloc(0);
  let isWriting = false;
  let gatherer: NodeJS.Timeout | null = null;

  function gather(): void {
    if (gathering === 0) return next();
    gatherer ??= setTimeout(() => {
      gatherer = null;
      if (underway.length === 0) next();
    }, gathering).unref();
  }

  function next(): void {
    if (underway.length === 0) {
      if (lines.length === 0) return;
      underway = Buffer.from(lines.join(''));
      lines = [];
      waiting = 0;
    }
    isWriting = true;
    write(fd, underway, (error, written) => {
      isWriting = false;
      if (error?.code === 'EAGAIN') return void setTimeout(next, RETRY);
      // A full disk or a closed pipe: these lines are lost, later ones may find room again.
      underway = error ? Buffer.alloc(0) : underway.subarray(written);
      next();
    });
  }

  return {
    write(line) {
      if (waiting + line.length > MAX_WAITING) {
        dropped += 1;
        return;
      }
      if (dropped > 0)
        lines.push(`${JSON.stringify({ level: 'warn', msg: 'log lines were dropped', dropped })}\n`);
      dropped = 0;
      lines.push(line);
      waiting += line.length;
      if (underway.length === 0) gather();
    },
    flush() {
      try {
        // What another thread writes already is not written twice.
        writeSync(fd, Buffer.concat([...(isWriting ? [] : [underway]), Buffer.from(lines.join(''))]));
      } catch {
        // the reader is gone or the disk is full: nobody is left to be told
      }
      [underway, lines] = [Buffer.alloc(0), []];
    },
  };
}
