/** A call that is to be made. Numbers are E.164. */
export interface OutboundCall {
  readonly from: string;
  readonly to: string;
  /** Asked with POST, signed, for what happens when somebody answers. */
  readonly answerUrl: string;
  /** Told how the call gets on and ends: `Provider.readStatus` reads it. */
  readonly statusUrl: string;
  /** Seconds it may ring. */
  readonly ringTimeout: number;
}

/** A call that a carrier took on. */
export interface PlacedCall {
  /** What webhooks and streams will call it; null where the carrier does not say before it rings or is answered. */
  readonly callId: string | null;
}

/**
 * What one carrier lets us do with a live call, over its REST interface. What it cannot do is absent, and `lacks` says
 * in a sentence what to do instead.
 *
 * Every method rejects with ERR_CALL_OVER, ERR_CARRIER_REFUSED or ERR_CARRIER_UNREACHABLE; no secret, and nothing that the
 * carrier wrote about one, is in the message.
 */
export interface CallControl {
  hangUp?(callId: string): Promise<void>;
  /** Gives the call another document, asked for with POST as the voice webhook is. The stream of the old one ends. */
  redirect?(callId: string, documentUrl: string): Promise<void>;
  /** `digits`: of 0-9, A-D, `*` and `#`; `w` waits half a second. */
  sendDigits?(callId: string, digits: string): Promise<void>;
  say?(callId: string, text: string): Promise<void>;
  /** `url`: of an MP3 or WAV file, which the carrier fetches. */
  play?(callId: string, url: string): Promise<void>;
  /** Never tried twice: a phone that rings twice is worse than one that does not. */
  place?(call: OutboundCall): Promise<PlacedCall>;
  readonly lacks?: Readonly<Partial<Record<CallCommand, string>>>;
}

export type CallCommand = 'hangUp' | 'redirect' | 'sendDigits' | 'say' | 'play' | 'place';

export interface CallControlOptions {
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds for each request; default CARRIER_TIMEOUT. */
  readonly timeout?: number;
}

/** Milliseconds a carrier has for one request: it needs one second; after ten, whoever asked has given up. */
export const CARRIER_TIMEOUT = 10_000;
