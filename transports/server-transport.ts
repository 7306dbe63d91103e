import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { GatewayError } from '../shared/errors.ts';
import { admit, refuse } from './admission.ts';
import type { InputFrame, OutputFrame } from './frames.ts';
import { positive, seconds, sessionParams, type SessionParams, type TransportParams } from './params.ts';
import type { FrameSerializer } from './serializer.ts';
import { openSession, type Closing, type Session } from './session.ts';

/** Where Pipecat listens. */
export const DEFAULT_HOST = 'localhost';
export const DEFAULT_PORT = 8765;

/** Sessions at once on a server that serves many; one more is refused with 503. A bot of a thousand calls has several processes. */
export const DEFAULT_MAX_SESSIONS = 1000;

export interface WebsocketServerParams<In, Out extends { readonly type: string }> extends TransportParams<
  In,
  Out
> {
  /** Seconds after which `onSessionTimeout` is told, once for every session. It decides what follows. Default: never. */
  readonly sessionTimeout?: number;
  /**
   * Origins of web pages that may connect. Default: no page may, programs may. With a list, who has no origin or another one
   * is refused; `*` is everybody.
   */
  readonly allowedOrigins?: readonly string[];
  /** Who else may connect, by the upgrade request: see `verifyDial` of `hookswitch/shared`. Default: everybody. */
  readonly authorize?: (request: IncomingMessage) => boolean | Promise<boolean>;
  /** What happens to a second client where one is served: it takes the place of the first, or is closed with 1013. Default `replace`. */
  readonly whenBusy?: 'replace' | 'reject';
  /** Where many are served. Default DEFAULT_MAX_SESSIONS. */
  readonly maxSessions?: number;
}

/** Where it listens: on a port of its own, for one client at a time, or on a server that is there already, for many. */
export type ServerPlace =
  | { readonly host?: string; readonly port?: number; readonly server?: never; readonly path?: never }
  | { readonly server: Server; readonly path?: string; readonly host?: never; readonly port?: never };

export interface WebsocketServerEvents<In, Out extends { readonly type: string }> {
  /** It listens. */
  readonly onWebsocketReady?: () => void;
  /** A connection is open. What this throws closes it with 1011. */
  readonly onClientConnected?: (session: Session<In, Out>) => void | Promise<void>;
  readonly onClientDisconnected?: (session: Session<In, Out>, closing: Closing) => void | Promise<void>;
  readonly onSessionTimeout?: (session: Session<In, Out>) => void | Promise<void>;
  /** Messages that could not be read, broken protocol, what the functions above throw. Default: those last ones become warnings of the process. */
  readonly onError?: (error: unknown, session: Session<In, Out>) => void;
}

export type WebsocketServerOptions<In, Out extends { readonly type: string }> = ServerPlace &
  WebsocketServerEvents<In, Out> & { readonly params: WebsocketServerParams<In, Out> };

/**
 * The end of a WebSocket that bots listen on, with the names and the meaning of Pipecat's.
 *
 * @see https://docs.pipecat.ai/server/services/transport/websocket-server and pipecat/transports/websocket/server.py of
 *   pipecat-ai 1.14.0, where it is called SingleClientWebsocketServerTransport (read 2026-11-21)
 */
export class WebsocketServerTransport<In = InputFrame, Out extends { readonly type: string } = OutputFrame> {
  readonly #options: WebsocketServerOptions<In, Out>;
  readonly #params: SessionParams<In, Out>;
  readonly #sockets: WebSocketServer;
  readonly #http: Server;
  readonly #sessions = new Map<Session<In, Out>, WebSocket>();
  readonly #maxSessions: number;
  #isStopping = false;

  /** Throws ERR_CONFIG_INVALID, ERR_AUDIO_UNREADABLE for params that make no sense. */
  constructor(options: WebsocketServerOptions<In, Out>) {
    const { params, server } = options;
    this.#options = options;
    this.#params = sessionParams(params, false);
    this.#maxSessions = positive('maxSessions', params.maxSessions ?? DEFAULT_MAX_SESSIONS);
    seconds('sessionTimeout', params.sessionTimeout ?? 0);
    if (server && typeof params.serializer !== 'function' && params.serializer.shareable !== true) {
      throw new GatewayError(
        'ERR_CONFIG_INVALID',
        'params.serializer serves one connection, this server many: give a function that makes one',
      );
    }
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: this.#params.maxMessageBytes,
    });
    this.#http =
      server ?? createServer((_, response) => response.writeHead(426, { upgrade: 'websocket' }).end());
  }

  /** Listens; on a server that is there already, as soon as that one does. Rejects when it cannot. */
  async start(): Promise<void> {
    this.#http.on('upgrade', this.#upgrade);
    if (!this.#options.server)
      this.#http.listen(this.#options.port ?? DEFAULT_PORT, this.#options.host ?? DEFAULT_HOST);
    if (!this.#http.listening) await once(this.#http, 'listening');
    this.#options.onWebsocketReady?.();
  }

  /** Where it listens; throws ERR_CONFIG_INVALID before it does. */
  get url(): string {
    const address = this.#http.address();
    if (address === null || typeof address === 'string') {
      throw new GatewayError('ERR_CONFIG_INVALID', 'it does not listen on a port: call start() first');
    }
    const host = this.#options.server ? address.address : (this.#options.host ?? DEFAULT_HOST);
    return `ws://${host.includes(':') ? `[${host}]` : host}:${address.port}${this.#options.path ?? '/'}`;
  }

  get sessions(): readonly Session<In, Out>[] {
    return [...this.#sessions.keys()];
  }

  /** Takes no more clients, and closes those it has with 1001. Resolves when they are gone, after `closeTimeout` at the latest. */
  async stop(): Promise<void> {
    await this.#end((session) => session.close(1001, 'shutting down'));
  }

  /** As `stop`, at once: connections are cut. */
  async cancel(): Promise<void> {
    await this.#end((_, socket) => socket.terminate());
  }

  async #end(leave: (session: Session<In, Out>, socket: WebSocket) => void): Promise<void> {
    this.#isStopping = true;
    const closed = this.sessions.map((session) => session.closed);
    for (const [session, socket] of this.#sessions) leave(session, socket);
    await Promise.all(closed);
    this.#http.off('upgrade', this.#upgrade);
    if (this.#options.server || !this.#http.listening) return;
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  readonly #upgrade = (request: IncomingMessage, wire: Duplex, head: Buffer): void => {
    // Without a listener, a reset during the checks would end the process.
    wire.on('error', () => {});
    const { path } = this.#options;
    if (path !== undefined && (request.url ?? '').split('?')[0] !== path) {
      // Another listener of the same server may know this path.
      if (this.#http.listenerCount('upgrade') > 1) return;
      return refuse(wire, { status: 400, sentence: `nobody listens at this path: connect to ${path}` });
    }
    void this.#admit(request, wire, head);
  };

  async #admit(request: IncomingMessage, wire: Duplex, head: Buffer): Promise<void> {
    const { allowedOrigins = null, authorize } = this.#options.params;
    const refusal = await admit(request, { allowedOrigins, authorize });
    if (refusal) return refuse(wire, refusal);
    if (this.#isStopping || (this.#options.server && this.#sessions.size >= this.#maxSessions)) {
      return refuse(wire, {
        status: 503,
        sentence: 'no more sessions are taken here: ask again, or elsewhere',
      });
    }
    this.#sockets.handleUpgrade(request, wire, head, (socket) => this.#welcome(socket, request));
  }

  #welcome(socket: WebSocket, request: IncomingMessage): void {
    if (!this.#options.server && this.#sessions.size > 0) {
      if (this.#options.params.whenBusy === 'reject') {
        socket.on('error', () => {});
        return socket.close(1013, 'a client is connected already');
      }
      for (const session of this.sessions) this.#replace(session);
    }
    this.#attend(socket, request);
  }

  /** The old client is gone for the bot, however long its closing takes. */
  #replace(session: Session<In, Out>): void {
    const closing = { code: 1001, reason: 'a new client took its place' };
    session.close(closing.code, closing.reason);
    this.#leave(session, closing);
  }

  #attend(socket: WebSocket, request: IncomingMessage): void {
    const { params, onClientConnected, onSessionTimeout, onError } = this.#options;
    const { serializer: source, sessionTimeout } = params;
    const serializer: FrameSerializer<In, Out> = typeof source === 'function' ? source(request) : source;
    const session = openSession({
      socket,
      request,
      serializer,
      params: this.#params,
      onError: (error) => onError?.(error, session),
    });
    this.#sessions.set(session, socket);
    if (sessionTimeout !== undefined) {
      const timeout = (): void => this.#run(session, () => onSessionTimeout?.(session));
      const timer = setTimeout(timeout, sessionTimeout * 1000);
      socket.once('close', () => clearTimeout(timer));
    }
    void this.#see(session);
    this.#run(session, () => onClientConnected?.(session));
  }

  async #see(session: Session<In, Out>): Promise<void> {
    this.#leave(session, await session.closed);
  }

  #leave(session: Session<In, Out>, closing: Closing): void {
    if (!this.#sessions.delete(session)) return;
    this.#run(session, () => this.#options.onClientDisconnected?.(session, closing));
  }

  /** Calls one of the bot's functions; a session whose bot failed is over. */
  #run(session: Session<In, Out>, call: () => void | Promise<void>): void {
    const fail = (error: unknown): void => {
      session.close(1011, 'the bot failed');
      if (this.#options.onError) this.#options.onError(error, session);
      else process.emitWarning(error instanceof Error ? error : String(error));
    };
    try {
      call()?.catch(fail);
    } catch (error) {
      fail(error);
    }
  }
}
