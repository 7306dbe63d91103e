import { GatewayError } from '../shared/errors.ts';
import type { StreamEvent, StreamFacts, StreamMessage, StreamProtocol } from '../shared/stream.ts';
import { deadline } from './deadline.ts';
import { MAX_EARLY_BYTES, type Limits } from './limits.ts';
import { BINARY, CLOSE, FAULT, FrameWalker, PARTIAL, unmasked } from './relay/frames.ts';
import type { Leg } from './relay/leg.ts';

/** Why a caller is sent away: the code and the reason of its close frame. */
export interface OpeningFailure {
  readonly code: number;
  readonly failure: string;
}

const GOODBYE: OpeningFailure = { code: 1000, failure: 'the caller left' };

/**
 * Reads the carrier's first messages, up to `start`, and leaves them, and what follows, in the leg. Anything that is not
 * this dialect, or comes too late, or a caller that leaves, is a failure. `gone`: told when it leaves, also later.
 */
export function readOpening(
  caller: Leg,
  protocol: StreamProtocol,
  limits: Pick<Limits, 'openingTimeout' | 'maxMessageBytes' | 'maxFragments'>,
  gone: () => void,
): Promise<StreamFacts | OpeningFailure> {
  const messages = messagesIn(caller, limits);
  let heard = 0;
  let isSettled = false;

  return new Promise((resolve) => {
    const settle = (result: StreamFacts | OpeningFailure): void => {
      if (isSettled) return;
      isSettled = true;
      callOff();
      resolve(result);
    };
    const expected = (): void => settle({ code: 1008, failure: `expected ${wanted(protocol)}` });
    const failure = `no ${wanted(protocol)} within ${limits.openingTimeout / 1000} s`;
    const callOff = deadline(() => settle({ code: 1008, failure }), limits.openingTimeout);

    const read = (): boolean => {
      for (let message = messages(); message !== null; message = messages()) {
        if (isFailure(message)) {
          // What is wrong with words after the opening is for the relay to judge, when the bot is there.
          if (!isSettled || message === GOODBYE) left(message);
          break;
        }
        if (isSettled) continue;
        const event = eventOf(message, protocol);
        if (event?.type !== protocol.opening[heard]) expected();
        else if (event?.type === 'start') settle(event.stream);
        heard += 1;
      }
      if (caller.filled < MAX_EARLY_BYTES) return true;
      expected(); // unless it is settled: then the caller has said enough, and waits
      return false;
    };
    const left = (failed: OpeningFailure): void => {
      settle(failed);
      gone();
    };
    caller.handTo({ read, left: () => left({ code: 1008, failure: 'the caller left' }) });
  });
}

/** Reads message after message without taking them: text or bytes, or a failure, or null when the next is not there yet. */
function messagesIn(
  caller: Leg,
  limits: Pick<Limits, 'maxMessageBytes' | 'maxFragments'>,
): () => StreamMessage | OpeningFailure | null {
  const frames = new FrameWalker(true, limits);
  let at = 0;
  let pieces: Buffer[] = [];
  let isBinary = false;
  let failed: OpeningFailure | null = null;
  return () => {
    if (failed) return failed;
    while (at < caller.filled) {
      const size = frames.step(caller.view, at, caller.filled);
      if (size === PARTIAL) return null;
      if (size === FAULT) failed = { code: frames.fault.code, failure: frames.fault.reason };
      else if (frames.left > 0) failed = { code: 1008, failure: 'a first message that is far too long' };
      else if (frames.opcode === CLOSE) failed = GOODBYE;
      if (failed) return failed;
      at += size;
      const { opcode, payloadAt, payloadBytes, mask, isFinal } = frames;
      if (opcode > CLOSE) continue;
      if (opcode === BINARY) isBinary = true;
      pieces.push(unmasked(caller.slab.subarray(payloadAt, payloadAt + payloadBytes), mask));
      if (!isFinal) continue;
      const message = Buffer.concat(pieces);
      const wasBinary = isBinary;
      pieces = [];
      isBinary = false;
      return wasBinary ? message : message.toString();
    }
    return null;
  };
}

function isFailure(message: StreamMessage | OpeningFailure): message is OpeningFailure {
  return typeof message === 'object' && 'failure' in message;
}

function eventOf(message: StreamMessage, protocol: StreamProtocol): StreamEvent | null {
  try {
    return protocol.decodeEvent(message);
  } catch (error) {
    if (error instanceof GatewayError) return null;
    throw error;
  }
}

function wanted({ opening }: StreamProtocol): string {
  return opening.map((type) => `"${type}"`).join(' and ');
}
