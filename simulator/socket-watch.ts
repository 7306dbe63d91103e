import type { WebSocket } from 'ws';
import type { Clock } from './clock.ts';
import type { Closing } from './report.ts';

/** Milliseconds the other side has to answer a close frame, before the connection is cut. */
export const CLOSE_TIMEOUT = 5000;

/** Bytes not yet taken by the other side at which the line waits for it, and for how many milliseconds it does. */
const HIGH_WATER = 256 * 1024;
const STALL_TIMEOUT = 30_000;

/** The end of a stream, whoever brings it about. */
export interface SocketWatch {
  /** True from the first close frame in either direction. */
  isOver(): boolean;
  /** Closes with 1000 unless it is closed already; resolves when the connection is gone. */
  hangUp(): Promise<Closing>;
  /** Resolves once the other side has taken most of what was sent. Cuts the connection when it takes nothing. */
  drained(): Promise<void>;
}

export function watchSocket(socket: WebSocket, { now, sleep }: Clock): SocketWatch {
  let byCaller = false;
  const closed = new Promise<Closing>((resolve) => {
    socket.once('close', (code, reason) => {
      resolve({ by: byCaller ? 'caller' : 'bot or gateway', code, reason: reason.toString() });
    });
  });
  // What the other side did to the protocol is told to it by the library; 'close' follows.
  socket.on('error', () => {});

  return {
    isOver: () => socket.readyState !== socket.OPEN,
    async hangUp() {
      if (socket.readyState === socket.OPEN) {
        byCaller = true;
        socket.close(1000);
      }
      const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT);
      return closed.finally(() => clearTimeout(timer));
    },
    async drained() {
      const began = now();
      while (socket.bufferedAmount > HIGH_WATER && socket.readyState === socket.OPEN) {
        if (now() - began > STALL_TIMEOUT) socket.terminate();
        await sleep(1);
      }
    },
  };
}
