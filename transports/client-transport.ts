import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { GatewayError } from '../shared/errors.ts';
import { dial } from './dial.ts';
import type { InputFrame, OutputFrame } from './frames.ts';
import { sessionParams, type SessionParams, type TransportParams } from './params.ts';
import { openSession, type Closing, type Session } from './session.ts';
import { tokenOf } from './spent-tokens.ts';

/**
 * Dials after connections that were lost, in all, and the milliseconds before the first and the second of them: as the
 * browser client has them.
 *
 * @see https://www.npmjs.com/package/@pipecat-ai/websocket-transport, 1.7.1, reconnectingWebSocket.ts (read 2026-11-21)
 */
export const RECONNECT_DELAYS: readonly number[] = [1000, 1500];

/** Close codes of ends that nobody wanted. A goodbye (1000), or a verdict (1008, 1009, 4xxx), is not argued with. */
const LOST: ReadonlySet<number> = new Set([1001, 1006, 1011, 1012, 1013, 1014]);

type Fresh<T> = T | (() => T | Promise<T>);

export interface WebsocketClientParams<In, Out extends { readonly type: string }> extends TransportParams<
  In,
  Out
> {
  /** Sent with the handshake. A function is asked before every dial. */
  readonly additionalHeaders?: Fresh<Readonly<Record<string, string>>>;
}

export interface WebsocketClientOptions<In, Out extends { readonly type: string }> {
  /** `ws://` or `wss://`. A function is asked before every dial: for a new token. */
  readonly uri: Fresh<string>;
  readonly params: WebsocketClientParams<In, Out>;
  /** A connection is open, for the first time or again. What this throws closes it with 1011. */
  readonly onConnected?: (session: Session<In, Out>) => void | Promise<void>;
  /** A connection is over, whether or not another one follows. */
  readonly onDisconnected?: (session: Session<In, Out>, closing: Closing) => void | Promise<void>;
  /**
   * Messages that could not be read, what the functions above throw, and ERR_TOKEN_REFUSED or ERR_SOCKET_FAILED when a lost
   * connection stays lost. Default: warnings of the process, but for the messages.
   */
  readonly onError?: (error: unknown) => void;
}

/**
 * The end of a WebSocket that dials, with the names and the meaning of Pipecat's. A connection that is lost is dialled again,
 * twice in all; one that was opened with a token only with another token, because a gateway takes each of them once.
 *
 * @see pipecat/transports/websocket/client.py of pipecat-ai 1.14.0 (read 2026-11-21)
 */
export class WebsocketClientTransport<In = InputFrame, Out extends { readonly type: string } = OutputFrame> {
  readonly #options: WebsocketClientOptions<In, Out>;
  readonly #params: SessionParams<In, Out>;
  readonly #spent = new Set<string>();
  #leaving = new AbortController();
  #session: Session<In, Out> | null = null;
  /** Of the dial that is under way, or waits for its time. */
  #dialling: AbortSignal | null = null;

  /** Throws ERR_CONFIG_INVALID, ERR_AUDIO_UNREADABLE for params that make no sense. */
  constructor(options: WebsocketClientOptions<In, Out>) {
    this.#options = options;
    this.#params = sessionParams(options.params, true);
  }

  /** The connection that is open; null when there is none. */
  get session(): Session<In, Out> | null {
    return this.#session;
  }

  /** Dials once. Rejects with ERR_SOCKET_FAILED, ERR_TOKEN_REFUSED, ERR_CONFIG_INVALID. */
  async connect(): Promise<Session<In, Out>> {
    if (this.#session || this.#dialling?.aborted === false) {
      throw new GatewayError('ERR_CONFIG_INVALID', 'it is connected already: call disconnect() first');
    }
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    return this.#while(signal, () => this.#dial(0, signal));
  }

  /** Closes with 1000, and dials no more. */
  async disconnect(): Promise<void> {
    this.#leaving.abort();
    this.#session?.close();
    await this.#session?.closed;
  }

  /** `attempts`: dials after lost connections so far. */
  async #dial(attempts: number, signal: AbortSignal): Promise<Session<In, Out>> {
    const { uri: uriSource, params } = this.#options;
    const uri = readUri(await fresh(uriSource));
    const headers = await fresh(params.additionalHeaders ?? {});
    const token = tokenOf(uri, headers);
    if (token !== null && this.#spent.has(token)) {
      throw new GatewayError(
        'ERR_TOKEN_REFUSED',
        'this token has opened a connection: get a new one from /start',
      );
    }
    const { maxMessageBytes } = this.#params;
    return dial({ uri, headers, maxMessageBytes, signal }, (socket) => {
      if (token !== null) this.#spent.add(token);
      return this.#attend(socket, attempts, signal);
    });
  }

  #attend(socket: WebSocket, attempts: number, signal: AbortSignal): Session<In, Out> {
    const { params, onConnected, onError } = this.#options;
    const { serializer } = params;
    const session = openSession({
      socket,
      request: null,
      serializer: typeof serializer === 'function' ? serializer(null) : serializer,
      params: this.#params,
      onError: (error) => onError?.(error),
    });
    this.#session = session;
    void this.#see(session, attempts, signal);
    void this.#run(session, () => onConnected?.(session));
    return session;
  }

  async #see(session: Session<In, Out>, attempts: number, signal: AbortSignal): Promise<void> {
    const closing = await session.closed;
    this.#session = null;
    await this.#run(session, () => this.#options.onDisconnected?.(session, closing));
    if (LOST.has(closing.code) && !signal.aborted) await this.#reconnect(attempts, signal);
  }

  async #reconnect(attempts: number, signal: AbortSignal): Promise<void> {
    const delay = RECONNECT_DELAYS[attempts];
    if (delay === undefined) {
      const sentence = `the connection is lost, and ${attempts} dials were in vain: call connect() to try again`;
      return this.#fail(new GatewayError('ERR_SOCKET_FAILED', sentence));
    }
    try {
      await this.#while(signal, async () => {
        await sleep(delay, undefined, { signal });
        await this.#dial(attempts + 1, signal);
      });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof GatewayError && error.code === 'ERR_TOKEN_REFUSED') return this.#fail(error);
      await this.#reconnect(attempts + 1, signal);
    }
  }

  /** Until it is done, no other dial begins. */
  async #while<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    this.#dialling = signal;
    try {
      return await task();
    } finally {
      if (this.#dialling === signal) this.#dialling = null;
    }
  }

  async #run(session: Session<In, Out>, call: () => void | Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      session.close(1011, 'the bot failed');
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#options.onError) this.#options.onError(error);
    else process.emitWarning(error instanceof Error ? error : String(error));
  }
}

/** An error without the URL: it may hold a token. */
function readUri(text: string): URL {
  if (URL.canParse(text)) {
    const uri = new URL(text);
    if (['ws:', 'wss:'].includes(uri.protocol)) return uri;
  }
  throw new GatewayError('ERR_CONFIG_INVALID', 'uri is no WebSocket URL: give ws://… or wss://…');
}

async function fresh<T extends string | object>(source: Fresh<T>): Promise<T> {
  return typeof source === 'function' ? source() : source;
}
