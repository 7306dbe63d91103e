import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as ask, type IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { connect, type AddressInfo, type LookupFunction } from 'node:net';
import { join } from 'node:path';

/** A TLS proxy in front of a gateway, as faulty as it is told to be. */
export interface BreakingProxy {
  readonly port: number;
  close(): Promise<void>;
}

export interface BreakingProxyOptions {
  /** Port of the gateway. */
  readonly to: number;
  /** Its certificate: of voice.example.com by an authority of ours, or one that localhost made itself. */
  readonly certificate?: 'voice' | 'localhost';
  /** What is asked of the gateway in the place of a target. */
  readonly rewrite?: (target: string) => string;
  /** Headers that are not passed on. */
  readonly drop?: readonly string[];
  /** Answers everything itself: a status, and perhaps a Location. */
  readonly answer?: { readonly status: number; readonly location?: string };
  /** Milliseconds after which a silent socket is cut off. */
  readonly idle?: number;
}

const folder = join(import.meta.dirname, 'tls');
const file = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** Of the authority that signed the certificate of voice.example.com. */
export const authority: string = file('authority.pem');

/** Leads every host name to this machine. */
export const toThisMachine: LookupFunction = (_host, { all }, tell) => {
  if (all) tell(null, [{ address: '127.0.0.1', family: 4 }]);
  else tell(null, '127.0.0.1', 4);
};

export async function breakingProxy(options: BreakingProxyOptions): Promise<BreakingProxy> {
  const { to, certificate = 'voice', rewrite = (target) => target, drop = [], answer } = options;
  const [cert, key] = certificate === 'voice' ? ['voice.pem', 'voice-key.pem'] : ['cert.pem', 'key.pem'];
  const passed = ({ rawHeaders }: IncomingMessage): string[] =>
    rawHeaders.filter((_, index) => !drop.includes(rawHeaders[index - (index % 2)]?.toLowerCase() ?? ''));

  const server = createServer({ cert: file(cert), key: file(key) }, (request, response) => {
    if (answer) {
      response
        .writeHead(answer.status, answer.location === undefined ? {} : { location: answer.location })
        .end();
      return;
    }
    const { method = 'GET', url = '' } = request;
    const headers = passed(request);
    const onward = ask(
      { host: '127.0.0.1', port: to, method, path: rewrite(url), headers, agent: false },
      (got) => {
        response.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('upgrade', (request, socket, head) => {
    const onward = connect(to, '127.0.0.1');
    const lines = passed(request).reduce(
      (text, part, index) => `${text}${part}${index % 2 === 0 ? ': ' : '\r\n'}`,
      '',
    );
    onward.write(`GET ${rewrite(request.url ?? '')} HTTP/1.1\r\n${lines}\r\n`);
    onward.write(head);
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) {
      end
        .on('error', () => {})
        .once('close', () => {
          socket.destroy();
          onward.destroy();
        });
    }
    if (options.idle !== undefined) onward.setTimeout(options.idle, () => onward.destroy());
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
