// npm httpxy. Usage: node httpxy.mjs PORT http://target
import { createServer } from 'node:http';
import { createProxyServer } from 'httpxy';

const [port, target] = process.argv.slice(2);
const proxy = createProxyServer({ target, ws: true });
proxy.on('error', (_error, _request, response) => response?.destroy());
const server = createServer((request, response) => void proxy.web(request, response).catch(() => {}));
server.on('upgrade', (request, socket, head) => {
  proxy.ws(request, socket, {}, head).catch(() => socket.destroy());
});
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
