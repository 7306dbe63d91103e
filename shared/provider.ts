import type { CallControl, CallControlOptions } from './call-control.ts';
import type { CarrierDesk } from './carrier-desk.ts';
import type { CallNotice } from './call-status.ts';
import type { Carrier, Step } from './carrier.ts';
import type { Env } from './env.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import type { NumberDirectory } from './numbers.ts';
import type { StreamFacts, StreamProtocol } from './stream.ts';

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
  /** Where the carrier shall report what becomes of the stream. None when absent, or where the carrier has no such thing. */
  readonly streamStatusUrl?: string | null;
}

/** What is wrong with a signature, for whoever explains refusals. Never a secret, never a signature. */
export type SignatureFlaw =
  /** A header that proves the sender is not there, or not in its shape. */
  | { readonly type: 'missing' | 'malformed'; readonly header: string }
  /** `seconds`: how old its timestamp is by our clock; negative for one from the future. */
  | { readonly type: 'stale'; readonly seconds: number }
  /** The request names this account, which is not the configured one. */
  | { readonly type: 'account'; readonly account: string }
  /** No configured secret made it for this request. `hint`: what the carrier's headers say about that, and what to do. */
  | { readonly type: 'mismatch'; readonly hint?: string };

/** `reason` is for our log, never for the sender; without a `flaw` it counts as a mismatch. */
export type SignatureCheck =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly flaw?: SignatureFlaw };

/** The request that opens one of our sockets. */
export interface UpgradeRequest {
  /** ws(s):// URL as the carrier was told it: the configured origin, then path and query as they were received. */
  readonly url: string;
  /** Lower-case names. Repeated headers are joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
}

/** One carrier, configured and ready. Everything the rest of the project knows about it. */
export interface Provider {
  readonly name: string;
  /** False where the signature covers the body only: then a number must say which agent is meant. */
  readonly signsUrl: boolean;
  /** What the bodies of its webhooks are: a form when not said. Readers of JSON parse it themselves, checked before. */
  readonly bodyType?: 'form' | 'json';
  /** Did the carrier send this? Never throws and never rejects. */
  verify(request: HttpRequest): Promise<SignatureCheck>;
  /** Did the carrier send this? Absent where it signs no upgrades. Never throws, and asks nobody: it is called before the 101. */
  verifyUpgrade?(upgrade: UpgradeRequest): SignatureCheck;
  /** Strict: null when the request does not describe one call of the configured account. */
  readCall(request: HttpRequest): Call | null;
  /** The document that joins the call to a media stream. */
  connect(target: StreamTarget): HttpResponse;
  /** The document that takes these steps in their order, up to the first redirect or hang-up, and ends the call after them. `call`: whose it is, for carriers that must be told in a redirect. */
  decline(steps: readonly Step[], call?: Call): HttpResponse;
  /** The document that ends the call without a word. */
  hangUp(): HttpResponse;
  /**
   * What a genuine callback about a call, or about its stream, says. Strict: null when it is not about one call of the
   * configured account. Absent where the carrier has no such callbacks.
   */
  readStatus?(request: HttpRequest): CallNotice | null;
  readStreamStatus?(request: HttpRequest): CallNotice | null;
  /** HTTP status of the empty answer to such a callback; 204 when not said. */
  readonly callbackAnswer?: 200 | 204;
}

/**
 * A carrier that opens its streams unasked, configured and ready. There is no webhook, so nobody hands out one-time
 * tokens: the agent's static secret in the path says who may come in, or the carrier's signature on the upgrade.
 */
export interface StreamsOnly {
  readonly name: string;
  /** Is this a stream of the configured account? */
  owns(stream: StreamFacts): boolean;
  /** As that of Provider. Where there is one, it decides who may come in, and no static secret does. */
  verifyUpgrade?(upgrade: UpgradeRequest): SignatureCheck;
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
  /** Further variables of this carrier. None of them switches it on. */
  readonly options?: readonly string[];
  readonly stream: StreamProtocol;
  /**
   * True where the webhook's signature covers its parameters by name and value, so that a runtime which hands them over
   * parsed, without the bytes they came in (Twilio Functions), is enough to check it.
   */
  readonly signsParameters?: boolean;
  /** Those of `variables` that a voice webhook needs, where it is not all of them: a function is given no more. */
  readonly webhookVariables?: readonly string[];
  /** Null when none of its variables is set; throws ERR_CONFIG_INVALID when only some are, or one is malformed. */
  configure(env: Env): Provider | null;
  /** Instead of `configure` (then always null) for a carrier without a voice webhook. Null and throws as `configure`. */
  streamsOnly?(env: Env): StreamsOnly | null;
  /**
   * The carrier's REST interface, for live and for new calls. Null and throws as `configure`; absent where there is none.
   * Its SDK is loaded with the first request.
   */
  control?(env: Env, options: CallControlOptions): CallControl | null;
  /** The account's phone numbers and where they point to. Null, throws, absent and loaded as `control`. */
  numbers?(env: Env, options: CallControlOptions): NumberDirectory | null;
  /** The other end of the line, for the simulator. Null when `env` lacks what the carrier signs with. */
  carrier(env: Env): Carrier | null;
  /** The other end of `control`, for the simulator. Null without our variables; absent where there is no `control`. */
  desk?(env: Env): CarrierDesk | null;
  /** Invented credentials for one laptop: all of `variables`, and whatever `carrier` needs besides. */
  inventCredentials(): Record<string, string>;
}
