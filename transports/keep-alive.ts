import type { WebSocket } from 'ws';

/**
 * Pings every `interval` seconds, and cuts the connection when nothing at all came back since the last ping. A socket that
 * this side does not read is left alone. 0 turns it off.
 */
export function keepAlive(socket: WebSocket, interval: number): void {
  if (interval === 0) return;
  let isAlive = true;
  const alive = (): void => void (isAlive = true);
  socket.on('message', alive).on('ping', alive).on('pong', alive);
  const timer = setInterval(() => {
    if (!isAlive && !socket.isPaused) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, interval * 1000);
  socket.once('close', () => clearInterval(timer));
}
