import type { RawData, WebSocket } from 'ws';

/** Bytes waiting to be sent at which the other side is no longer read; it is read again once they are gone. */
const HIGH_WATER = 256 * 1024;

/** Sends on a socket, as text or binary. */
export type Outlet = (data: RawData | string, isBinary: boolean) => void;

/** A peer that does not read what we answer is not read either, so that what waits for it stays bounded. */
export function outletOf(socket: WebSocket): Outlet {
  const sent = (): void => {
    if (socket.isPaused && socket.bufferedAmount < HIGH_WATER) socket.resume();
  };
  return (data, isBinary) => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(data, { binary: isBinary }, sent);
    if (socket.bufferedAmount >= HIGH_WATER) socket.pause();
  };
}
