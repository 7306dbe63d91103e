import type { Carrier } from './carrier.ts';
import type { Env } from './env.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import type { StreamProtocol } from './stream.ts';

/** A phone call as the carrier announced it. */
export interface Call {
  readonly id: string;
  /** E.164 with "+" for phone numbers, whatever the carrier's own spelling; SIP URIs and client names verbatim. */
  readonly from: string;
  readonly to: string;
  readonly direction: 'inbound' | 'outbound';
}

/** Where the carrier shall open its media WebSocket, and what follows. */
export interface StreamTarget {
  /** wss:// URL, token included. */
  readonly url: string;
  readonly call: Call;
  /** Asked by the carrier once the stream has ended and the call has not. Null ends the call with the stream. */
  readonly afterUrl: string | null;
}

/** What a caller hears when there is no bot to talk to. Steps run in the order of the members. */
export interface Fallback {
  /** A sentence, spoken by the carrier. */
  readonly say?: string;
  /** A number to connect the caller to, E.164. */
  readonly dial?: string;
  /** A URL that gives the carrier another document. Nothing after it runs. */
  readonly redirect?: string;
}

/** `reason` is for our log, never for the sender. */
export type SignatureCheck = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** One carrier, configured and ready. Everything the rest of the project knows about it. */
export interface Provider {
  readonly name: string;
  /** False where the signature covers the body only: then a number must say which agent is meant. */
  readonly signsUrl: boolean;
  /** Did the carrier send this? Never throws and never rejects. */
  verify(request: HttpRequest): Promise<SignatureCheck>;
  /** Strict: null when the request does not describe one call of the configured account. */
  readCall(request: HttpRequest): Call | null;
  /** The document that joins the call to a media stream. */
  connect(target: StreamTarget): HttpResponse;
  /** The document that plays the fallback and ends the call. */
  decline(fallback: Fallback): HttpResponse;
  /** The document that ends the call without a word. */
  hangUp(): HttpResponse;
}

export type Fetch = typeof globalThis.fetch;

/** The outside world, handed in so that tests can hand in another one. */
export interface Tools {
  readonly fetch: Fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a folder under providers/ exports. */
export interface ProviderModule {
  /** Path segment in /webhooks/<name> and /ws/<name>. Lower case. */
  readonly name: string;
  /** The group of variables that switches the provider on. */
  readonly variables: readonly string[];
  readonly stream: StreamProtocol;
  /** Null when none of its variables is set; throws ERR_CONFIG_INVALID when only some are, or one is malformed. */
  configure(env: Env): Provider | null;
  /** The other end of the line, for the simulator. Null when `env` lacks what the carrier signs with. */
  carrier(env: Env): Carrier | null;
  /** Invented credentials for one laptop: all of `variables`, and whatever `carrier` needs besides. */
  inventCredentials(): Record<string, string>;
}
