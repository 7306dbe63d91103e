// The least that nginx's auth_request can ask: it says yes to everybody. Usage: node checker.mjs PORT
import { createServer } from 'node:http';

const server = createServer((_request, response) => response.writeHead(204).end());
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
