import type { RawData, WebSocket } from 'ws';
import type { StreamFacts, StreamMessage, StreamProtocol } from '../shared/stream.ts';
import { botEar, type BotTally } from './bot-ear.ts';
import type { CallLog } from './call-log.ts';
import { callerLeg } from './caller-leg.ts';
import { LINE_RATE, type CallerSource } from './caller-source.ts';
import { callerVoice } from './caller-voice.ts';
import type { Clock } from './clock.ts';
import { eagerPace, steadyPace } from './pace.ts';
import { playback, type Playback } from './playback.ts';
import { recordedFrame, type RecordedFrame } from './recording.ts';
import type { Closing } from './report.ts';
import { runSlots, type SlotsResult } from './slots.ts';
import { watchSocket } from './socket-watch.ts';

export interface LineOptions {
  /** Open and paused. */
  readonly socket: WebSocket;
  readonly protocol: StreamProtocol;
  readonly facts: StreamFacts;
  readonly source: CallerSource;
  /** Milliseconds; see `callerVoice`. */
  readonly linger: number;
  readonly speed: number | 'max';
  readonly messageError: string | null;
  readonly clock: Clock;
  /** Milliseconds since the Unix epoch. */
  readonly epoch: () => number;
  readonly log: CallLog;
  /** Hangs up. */
  readonly signal: AbortSignal;
}

/** What became of one stream. */
export interface LineResult extends SlotsResult {
  readonly closing: Closing;
  /** Milliseconds since the call began. */
  readonly startSent: number;
  /** Messages to the bot. */
  readonly messages: number;
  readonly received: Readonly<BotTally>;
  readonly gaps: Playback['gaps'];
  readonly unheardMs: number;
  readonly recording: readonly RecordedFrame[];
}

/** Plays one stream from its first message to its end, as the carrier does. Never rejects. */
export async function runLine(options: LineOptions): Promise<LineResult> {
  const { socket, protocol, facts, source, linger, speed, clock, log, signal } = options;
  const recording: RecordedFrame[] = [];
  const pace = speed === 'max' ? eagerPace() : steadyPace(speed, clock);
  const { position } = pace;
  const note = (type: Parameters<CallLog['add']>[0], text: string): void =>
    void log.add(type, text, position());
  const record = (frame: RecordedFrame): void => void recording.push(frame);
  const leg = callerLeg({ socket, protocol, facts, position, record });
  const watch = watchSocket(socket, clock);
  const player = playback(LINE_RATE);
  const ear = botEar({
    protocol,
    facts,
    leg,
    playback: player,
    note,
    messageError: options.messageError,
    now: () => ({ atMs: log.elapsed(), lineMs: Math.round(position()) }),
  });
  socket.on('message', (data, isBinary) => {
    const message = messageOf(data, isBinary);
    record(recordedFrame(position(), 'server_to_provider', message));
    leg.hear(message);
    ear.hear(message);
    pace.wake();
  });

  const began = options.epoch();
  for (const type of protocol.opening) leg.send({ type });
  const startSent = log.add('start', `stream ${facts.streamId}`, 0);
  socket.resume();
  const voice = callerVoice(source, linger, facts.format);
  const timestamp = (ms: number): number => (protocol.clock === 'unix' ? began + ms : ms);
  const slots = await runSlots({ voice, pace, leg, player, watch, note, signal, timestamp, began });
  const unheardMs = (player.waiting() * 1000) / LINE_RATE;
  if (!watch.isOver()) leg.send({ type: 'stop' });
  const closing = await watch.hangUp();
  record(closeFrame(position(), closing));
  const { tally: received } = ear;
  return {
    ...slots,
    closing,
    startSent,
    messages: leg.messages,
    received,
    gaps: player.gaps,
    unheardMs,
    recording,
  };
}

/** A socket with the default `binaryType` gives one Buffer a message. */
function messageOf(data: RawData, isBinary: boolean): StreamMessage {
  const bytes = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
  return isBinary ? bytes : bytes.toString();
}

function closeFrame(position: number, { by, code, reason }: Closing): RecordedFrame {
  const direction = by === 'caller' ? 'provider_to_server' : 'server_to_provider';
  return { t_ms: Math.round(position), direction, frame: 'close', code, note: reason };
}
