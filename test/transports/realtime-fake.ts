import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { levelOf, toSamples } from '../../shared/audio.ts';

/**
 * A speech model that repeats each sentence, over the wire protocol of OpenAI's Realtime API as far as a bridge needs it: it
 * finds out when somebody speaks by loudness, and answers with what it heard.
 *
 * @see https://developers.openai.com/api/reference/resources/realtime/client-events, …/server-events (read 2026-11-21)
 */
export interface RealtimeFake {
  readonly url: string;
  readonly upgrades: readonly IncomingMessage[];
  /** Client events in order, audio left out. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
  /** Breaks off all connections. */
  drop(): void;
  close(): Promise<void>;
}

/** Milliseconds of silence that end a sentence; as `silence_duration_ms` says. */
const PAUSE = 300;
const RATE = 24_000;

export async function startRealtimeFake(): Promise<RealtimeFake> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const upgrades: IncomingMessage[] = [];
  const events: Record<string, unknown>[] = [];
  server.on('connection', (socket, request) => {
    upgrades.push(request);
    converse(socket, events);
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/realtime?model=fake`,
    upgrades,
    events,
    drop() {
      for (const socket of server.clients) socket.terminate();
    },
    close() {
      for (const socket of server.clients) socket.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function converse(socket: WebSocket, events: Record<string, unknown>[]): void {
  const say = (event: object): void => socket.send(JSON.stringify({ event_id: 'event_1', ...event }));
  let sentence: Buffer[] = [];
  let quiet = 0;
  let items = 0;

  function answer(): void {
    const audio = Buffer.concat(sentence);
    sentence = [];
    say({ type: 'input_audio_buffer.speech_stopped' });
    say({ type: 'response.created' });
    const item_id = `item_${(items += 1)}`;
    const size = (RATE / 10) * 2;
    for (let at = 0; at < audio.length; at += size) {
      const delta = audio.subarray(at, at + size).toString('base64');
      say({ type: 'response.output_audio.delta', item_id, output_index: 0, content_index: 0, delta });
    }
    say({ type: 'response.output_audio.done', item_id });
    say({ type: 'response.done' });
  }

  function hear(audio: Buffer): void {
    const isLoud = levelOf(toSamples(audio, 'l16')) > 600;
    if (isLoud && sentence.length === 0) say({ type: 'input_audio_buffer.speech_started' });
    if (!isLoud && sentence.length === 0) return;
    sentence.push(audio);
    quiet = isLoud ? 0 : quiet + (audio.length / 2 / RATE) * 1000;
    if (quiet >= PAUSE) answer();
  }

  say({ type: 'session.created', session: { type: 'realtime' } });
  socket.on('message', (data: Buffer) => {
    const event = JSON.parse(data.toString()) as { type: string; audio: string; session: object };
    if (event.type === 'input_audio_buffer.append') return hear(Buffer.from(event.audio, 'base64'));
    events.push(event);
    if (event.type === 'session.update') say({ type: 'session.updated', session: event.session });
    if (event.type === 'unknown') say({ type: 'error', error: { message: 'no such event' } });
  });
}
