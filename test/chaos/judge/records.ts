import { createReadStream, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The two ends of a call. */
export type Side = 'caller' | 'bot';

/** A message, as the end that sent it, or the end that got it, saw it. */
export interface Said {
  readonly kind: 'sent' | 'got';
  readonly call: string;
  /** Who sent it. */
  readonly from: Side;
  /** Counted from 0 by the end that writes this. */
  readonly sequence: number;
  readonly bytes: number;
  readonly text: boolean;
  readonly hash: string;
  /** Milliseconds since the epoch, here and below. */
  readonly at: number;
}

export interface Opened {
  readonly kind: 'opened';
  readonly call: string;
  readonly side: Side;
  readonly at: number;
}

/** An end's connection is over. */
export interface Ended {
  readonly kind: 'ended';
  readonly call: string;
  readonly side: Side;
  /** 1006: without a close frame. */
  readonly code: number;
  readonly at: number;
}

/** The gateway refused the caller. */
export interface Refused {
  readonly kind: 'refused';
  readonly call: string;
  readonly status: number;
  readonly at: number;
}

/** An end says goodbye of its own accord. */
export interface HungUp {
  readonly kind: 'hung up';
  readonly call: string;
  readonly side: Side;
  readonly code: number;
  readonly at: number;
}

/** A fault of which the call must end, and how. What a call must survive is no hit, and recorded nowhere. */
export interface Hit {
  readonly kind: 'hit';
  readonly call: string;
  readonly fault: string;
  readonly at: number;
  /** Milliseconds for the ends judged below. */
  readonly within: number;
  /** Codes with which each end may end; absent: not judged, because it is the sinner or dead. */
  readonly codes: { readonly [side in Side]?: readonly number[] };
  /** Statuses with which the caller may be refused instead. */
  readonly refused?: readonly number[];
  /** Whose words must all arrive nevertheless. */
  readonly complete?: Side;
}

export type Entry = Said | Opened | Ended | Refused | HungUp | Hit;

export type Recorder = (entry: Entry) => void;

/** Written at once, line by line: what a killed process has said is on record. */
export function recordTo(file: string): Recorder {
  const fd = openSync(file, 'a');
  return (entry) => void writeSync(fd, `${JSON.stringify(entry)}\n`);
}

/** Every entry of every file of a folder. The last line of a killed process may be cut short. */
export async function* readRecords(folder: string): AsyncGenerator<Entry> {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.jsonl'))) {
    for await (const line of createInterface({ input: createReadStream(join(folder, name)) })) {
      if (line.endsWith('}')) yield JSON.parse(line) as Entry;
    }
  }
}
