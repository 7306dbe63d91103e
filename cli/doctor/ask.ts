import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { WebSocket } from 'ws';
import { newProbe, PROBE_HEADER, type Seen } from '../../gateway/probe.ts';

import { CHECK_TIMEOUT, placeOf, type DoctorScene } from './scene.ts';

/** How a question through the public URL ended. */
export type Asked =
  /** This gateway answered. `at`: our clock when it did, milliseconds since the epoch. */
  | { readonly type: 'seen'; readonly seen: Seen; readonly at: number }
  /** Somebody answered, but nobody who shares our secrets. */
  | { readonly type: 'stranger'; readonly status: number; readonly location: string | null }
  | { readonly type: 'failed'; readonly error: Error };

/** Asks the gateway what it sees of a request to `target`, a path and query below the public URL. */
export function askHttp(scene: DoctorScene, method: 'GET' | 'POST', target: string): Promise<Asked> {
  const { config, tools, publicUrl } = scene;
  const probe = newProbe(config.secrets, tools.now());
  const url = new URL(publicUrl ?? '');
  const { isSecure } = placeOf(url.href);
  return new Promise((resolve) => {
    const fail = (error: Error): void => resolve({ type: 'failed', error });
    const request = (isSecure ? requestHttps : requestHttp)({
      ...destinationOf(scene),
      method,
      path: basePathOf(url) + target,
      headers: { host: url.host, [PROBE_HEADER]: probe.ticket, 'content-length': '0' },
      agent: false,
    });
    request.setTimeout(CHECK_TIMEOUT, () => request.destroy(tooLate()));
    request.once('error', fail).once('response', (response) => {
      const chunks: Buffer[] = [];
      response.once('error', fail);
      response.on('data', (chunk: Buffer) => chunks.length < MAX_CHUNKS && chunks.push(chunk));
      response.once('end', () => {
        const seen = probe.read(Buffer.concat(chunks).toString());
        const { statusCode: status = 0, headers } = response;
        if (seen) resolve({ type: 'seen', seen, at: tools.now() });
        else resolve({ type: 'stranger', status, location: headers.location ?? null });
      });
    });
    request.end();
  });
}

/** Pieces of an answer that are read: ours is one. */
const MAX_CHUNKS = 64;

/** An open socket that the gateway has answered on. */
export interface AskedSocket {
  readonly asked: Asked;
  /** Null where it was not opened. */
  readonly socket: WebSocket | null;
}

/** The same with a WebSocket, which is left open. */
export function askSocket(scene: DoctorScene, target: string): Promise<AskedSocket> {
  const { config, tools, publicUrl } = scene;
  const probe = newProbe(config.secrets, tools.now());
  const url = new URL(publicUrl ?? '');
  const origin = url.origin.replace(/^http/, 'ws');
  const { lookup, ca, rejectUnauthorized } = destinationOf(scene);
  const socket = new WebSocket(`${origin}${basePathOf(url)}${target}`, {
    headers: { [PROBE_HEADER]: probe.ticket },
    perMessageDeflate: false,
    handshakeTimeout: CHECK_TIMEOUT,
    rejectUnauthorized,
    ...(lookup && { lookup }),
    ...(ca !== undefined && { ca }),
  });
  return new Promise((resolve) => {
    const settle = (asked: Asked): void => {
      clearTimeout(late);
      if (asked.type !== 'seen') socket.terminate();
      resolve({ asked, socket: asked.type === 'seen' ? socket : null });
    };
    const fail = (error: Error): void => settle({ type: 'failed', error });
    const late = setTimeout(() => fail(tooLate()), CHECK_TIMEOUT + 1000);
    socket.on('error', fail).once('close', () => fail(new Error('closed without a word')));
    socket.once('unexpected-response', (_request, { statusCode: status = 0, headers }) =>
      settle({ type: 'stranger', status, location: headers.location ?? null }),
    );
    socket.once('message', (data: Buffer) => {
      const seen = probe.read(data.toString());
      settle(
        seen ? { type: 'seen', seen, at: tools.now() } : { type: 'stranger', status: 101, location: null },
      );
    });
  });
}

/** The certificate is another check's business: what is behind it is looked at whatever it is. */
function destinationOf({ publicUrl, tools: { lookup, ca } }: DoctorScene): {
  host: string;
  port: number;
  rejectUnauthorized: boolean;
  lookup?: NonNullable<DoctorScene['tools']['lookup']>;
  ca?: string;
} {
  const { host, port } = placeOf(publicUrl ?? '');
  return {
    host,
    port,
    rejectUnauthorized: false,
    ...(lookup && { lookup }),
    ...(ca !== undefined && { ca }),
  };
}

/** What the proxy takes off before the gateway sees it. */
function basePathOf({ pathname }: URL): string {
  return pathname === '/' ? '' : pathname;
}

function tooLate(): Error {
  return new Error(`no answer within ${CHECK_TIMEOUT / 1000} s`);
}
