import { FRAME_MS } from '../shared/audio.ts';
import type { Verb } from '../shared/carrier.ts';
import type { CallState } from './call-state.ts';
import { runLine, type LineResult } from './line.ts';
import { openSocket } from './open-socket.ts';
import { quirksOf } from './quirks.ts';
import { tell } from './tell.ts';

type StreamVerb = Extract<Verb, { type: 'stream' }>;

/** True when the call goes on with the next verb: the stream could not be opened, or the other side ended it. */
export async function runStream({ url, parameters, status }: StreamVerb, state: CallState): Promise<boolean> {
  const { log, carrier, call, provider, signal } = state;
  const { handshakeError, messageError, attempts } = quirksOf(carrier.name);
  for (let attempt = 1; attempt <= attempts && !signal.aborted; attempt += 1) {
    const began = log.elapsed();
    const opened = await openSocket(url, carrier.upgradeHeaders(url, state.epoch()), signal);
    if ('socket' in opened) {
      const at = log.add('socket', `open after ${Math.round(log.elapsed() - began)} ms`);
      state.socketOpen ??= at;
      const facts = carrier.newStream(call, parameters);
      const { streamId } = facts;
      tell({ type: 'stream-started', streamId }, status, state);
      const line = await runLine({
        ...state,
        ...opened,
        protocol: provider.stream,
        facts,
        log,
        messageError,
      });
      tell({ type: 'stream-stopped', streamId }, status, state);
      return endLine(line, state);
    }
    const { reason, cure } = opened.failure;
    const name = handshakeError === null ? '' : ` (${handshakeError})`;
    const again = attempt < attempts ? '; the carrier tries again' : '';
    log.add('refused', `${reason}${name}${again}`);
    if (attempt < attempts) continue;
    state.failure ??= { reason: `${reason}${name}`, cure };
    const fault = { code: null, said: handshakeError ?? reason, meaning: '', cure: '' };
    tell({ type: 'stream-error', streamId: null, ...fault }, status, state);
  }
  return true;
}

function endLine(line: LineResult, { lines, log }: CallState): boolean {
  const { by, code, reason } = line.closing;
  if (line.received.lastAudio) {
    log.insert({ ...line.received.lastAudio, type: 'audio', text: "the bot's last audio arrived" });
  }
  log.add(
    'close',
    `by the ${by} with ${code}${reason === '' ? '' : ` "${reason}"`}`,
    line.said.length * FRAME_MS,
  );
  lines.push(line);
  return by !== 'caller';
}
