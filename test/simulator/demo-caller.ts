import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { ProviderModule } from '../../shared/provider.ts';
import type { StreamCommand, StreamEvent, StreamFacts } from '../../shared/stream.ts';

export const facts: StreamFacts = {
  streamId: 'MZ00000000000000000000000000000001',
  callId: 'CA00000000000000000000000000000001',
  accountId: 'AC00000000000000000000000000000001',
  from: null,
  to: null,
  format: { encoding: 'mulaw', sampleRate: 8000 },
  parameters: {},
};

/** One carrier's end of a call, with everything the bot said. */
export interface Caller {
  readonly socket: WebSocket;
  readonly heard: StreamCommand[];
  readonly closed: Promise<{ code: number; reason: string }>;
  send(event: StreamEvent): void;
  /** Frames of 20 ms, all at once; each holds `value`, or what it returns for the frame's number. */
  speak(frames: number, value?: number | ((frame: number) => number)): void;
  /** Everything sent so far has been heard by the bot, and its answers are here. */
  settled(): Promise<void>;
}

/** A caller whose stream has begun. */
export async function ring(
  url: string,
  { stream }: ProviderModule,
  from: StreamFacts = facts,
): Promise<Caller> {
  const socket = new WebSocket(url);
  const heard: StreamCommand[] = [];
  socket.on('message', (data: Buffer) => heard.push(stream.decodeCommand(data.toString())!));
  const closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  await once(socket, 'open');
  const send = (event: StreamEvent): void => socket.send(stream.encodeEvent(event, from)!);
  for (const type of stream.opening) {
    send(type === 'start' ? { type, sequence: 1, stream: from } : { type });
  }
  let chunk = 0;
  return {
    socket,
    heard,
    closed,
    send,
    speak(frames, value = 0xff) {
      for (let frame = 0; frame < frames; frame += 1) {
        chunk += 1;
        const audio = new Uint8Array(160).fill(typeof value === 'number' ? value : value(frame));
        send({ type: 'media', sequence: chunk + 1, chunk, timestamp: chunk * 20, audio });
      }
    },
    async settled() {
      socket.ping();
      await once(socket, 'pong');
    },
  };
}

/** µ-law, a quarter of full scale. */
export const LOUD = 0x90;
export const marks = (heard: readonly StreamCommand[]): string[] =>
  heard.flatMap((command) => (command.type === 'mark' ? command.name : []));
export const audio = (heard: readonly StreamCommand[]): Uint8Array =>
  Buffer.concat(heard.map((command) => (command.type === 'media' ? command.audio : Buffer.alloc(0))));
export const types = (heard: readonly StreamCommand[]): string[] => heard.map(({ type }) => type);
