// What most people write: ws on both sides, message by message. Usage: node ws.mjs PORT ws://target
import { WebSocket, WebSocketServer } from 'ws';

const [port, target] = process.argv.slice(2);
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(port), backlog: 4096 });

/** Bytes waiting towards a reader before its writer is paused. */
const HIGH_WATER = 1024 * 1024;

server.on('connection', (caller, request) => {
  const bot = new WebSocket(target + request.url, { perMessageDeflate: false });
  caller.pause();
  bot.on('open', () => caller.resume());
  forward(caller, bot);
  forward(bot, caller);
});

function forward(from, to) {
  from.on('message', (data, binary) => {
    to.send(data, { binary }, () => from.isPaused && from.resume());
    if (to.bufferedAmount > HIGH_WATER) from.pause();
  });
  from.on('close', (code, reason) => {
    if (to.readyState === WebSocket.CONNECTING) to.terminate();
    else if (code === 1005 || code === 1006) to.close();
    else to.close(code, reason);
  });
  from.on('error', () => to.terminate());
}
