import { GatewayError } from '../shared/errors.ts';
import type { StreamEvent, StreamFacts, StreamProtocol } from '../shared/stream.ts';
import { MESSAGE_OVERHEAD } from './limits.ts';
import { sizeOf, type Leg, type Message } from './relay.ts';

/** What a caller said before its bot was there. */
export interface Opening {
  readonly stream: StreamFacts;
  /** Everything said so far, in order. Give it to the relay, and listen there from then on. */
  takeOver(): readonly Message[];
}

export type OpeningFailure = { readonly failure: string };

export interface OpeningLimits {
  /** Milliseconds for the carrier to say who is calling. */
  readonly openingTimeout: number;
  /** Bytes kept while the bot is dialled; then the caller has to wait. */
  readonly highWaterBytes: number;
}

/**
 * Reads the carrier's first messages, up to `start`, and keeps what follows. Anything that is not this dialect, or comes
 * too late, or a caller that leaves, is a failure in words for the close frame.
 */
export function readOpening(
  { socket }: Leg,
  protocol: StreamProtocol,
  { openingTimeout, highWaterBytes }: OpeningLimits,
): Promise<Opening | OpeningFailure> {
  const early: Message[] = [];
  let bytes = 0;
  let opened = false;

  return new Promise((resolve) => {
    const settle = (result: Opening | OpeningFailure): void => {
      opened = true;
      clearTimeout(timer);
      socket.off('close', left);
      resolve(result);
    };
    const fail = (failure: string): void => {
      socket.off('message', listen);
      settle({ failure });
    };
    const left = (): void => fail('the caller left');
    const takeOver = (): readonly Message[] => {
      socket.off('message', listen);
      return early;
    };
    const listen = (data: Message['data'], isBinary: boolean): void => {
      early.push({ data, isBinary });
      bytes += MESSAGE_OVERHEAD + sizeOf(data);
      if (bytes > highWaterBytes) socket.pause();
      if (opened) return;
      const event = eventOf({ data, isBinary }, protocol);
      if (event?.type !== protocol.opening[early.length - 1]) return fail(`expected ${wanted(protocol)}`);
      if (event?.type === 'start') settle({ stream: event.stream, takeOver });
    };
    const timer = setTimeout(
      fail,
      openingTimeout,
      `no ${wanted(protocol)} within ${openingTimeout / 1000} s`,
    );
    socket.on('close', left);
    socket.on('message', listen);
    socket.resume();
  });
}

function eventOf({ data, isBinary }: Message, protocol: StreamProtocol): StreamEvent | null {
  if (isBinary || !Buffer.isBuffer(data)) return null;
  try {
    return protocol.decodeEvent(data.toString());
  } catch (error) {
    if (error instanceof GatewayError) return null;
    throw error;
  }
}

function wanted({ opening }: StreamProtocol): string {
  return opening.map((type) => `"${type}"`).join(' and ');
}
