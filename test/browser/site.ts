import { once } from 'node:events';
import { createServer, request as ask, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** A web site: one page with Pipecat's client, and the gateway's `/api` under its own origin, as a reverse proxy has it. */
export interface Site {
  readonly origin: string;
  close(): Promise<void>;
}

/** The page's script, its packages in it. */
export async function bundlePage(): Promise<string> {
  const bundle = await rolldown({ input: join(import.meta.dirname, 'page/main.ts'), platform: 'browser' });
  const { output } = await bundle.generate({ format: 'iife' });
  await bundle.close();
  return output[0].code;
}

/** `gateway`: its http:// URL, asked when a request comes. */
export async function openSite(script: string, gateway: () => string): Promise<Site> {
  const serve: RequestListener = (request, response) => {
    const { url = '', method, headers } = request;
    if (url.startsWith('/api/')) {
      const asked = ask(`${gateway()}${url}`, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      asked.on('error', () => response.destroy());
      request.pipe(asked);
      return;
    }
    const isScript = url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><script src="/page.js"></script><button>Call</button>');
  };
  const server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
