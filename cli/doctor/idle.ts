import type { WebSocket } from 'ws';
import { failed, ok, type Finding } from './finding.ts';

/** Keeps an open socket without a byte in either direction, and sees whether it lives. `idle`: milliseconds. */
export function keepIdle(socket: WebSocket, idle: number): Promise<Finding> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const settle = (finding: Finding): void => {
      clearTimeout(over);
      clearTimeout(unheard);
      socket.off('close', cut).off('pong', heard);
      resolve(finding);
    };
    const cut = (): void => settle(wasCut(((performance.now() - begun) / 1000).toFixed(1)));
    const heard = (): void => settle(ok('idle socket', `lives after ${idle / 1000} s without a byte`));
    let unheard: NodeJS.Timeout | undefined;
    const over = setTimeout(() => {
      socket.once('pong', heard).ping();
      unheard = setTimeout(cut, PONG_TIMEOUT);
    }, idle);
    socket.once('close', cut);
  });
}

/** Milliseconds for the answer that shows that a socket was not cut off without a word. */
const PONG_TIMEOUT = 5000;

function wasCut(seconds: string): Finding {
  return failed(
    'idle socket',
    `cut off after ${seconds} s without a byte`,
    'raise the read timeout of the proxy above 60 s (nginx: proxy_read_timeout): the gateway pings every 20 s, carriers may not',
  );
}
