import type { CallEvent } from './call-status.ts';
import type { HttpRequest } from './http.ts';
import type { Call, StreamTarget } from './provider.ts';
import type { StreamFacts } from './stream.ts';
import type { XmlElement } from './xml.ts';

/** Where a carrier asks, or reports, and how. */
export interface DocumentAddress {
  readonly url: string;
  readonly method: 'GET' | 'POST';
}

/** One step of a carrier's document, in words all carriers share. */
export type Verb =
  | {
      readonly type: 'stream';
      readonly url: string;
      /** Handed back in the `start` message. */
      readonly parameters: Readonly<Record<string, string>>;
      /** Where to report what becomes of the stream. */
      readonly status?: DocumentAddress;
    }
  | { readonly type: 'say'; readonly text: string }
  /** An audio file behind an http(s) URL, which the carrier fetches: MP3 or WAV. */
  | { readonly type: 'play'; readonly url: string }
  /** `number`: E.164. What follows runs once the dialled call is over, or was not answered. */
  | { readonly type: 'dial'; readonly number: string }
  /** Another document takes over: nothing after it runs. */
  | { readonly type: 'redirect'; readonly url: string; readonly method: 'GET' | 'POST' }
  | { readonly type: 'hangUp' };

/** What a caller gets when there is no bot, or no bot any more: a verb that needs no session. */
export type Step = Exclude<Verb, { readonly type: 'stream' }>;

/** What a webhook answered, parsed as its content type says. */
export type CarrierDocument =
  | { readonly type: 'xml'; readonly root: XmlElement }
  | { readonly type: 'json'; readonly value: unknown };

/** The carrier's own side of a call, as the simulator plays it: no network, no clock but the one handed in. */
export interface Carrier {
  readonly name: string;
  /** Bytes; a longer document is refused. */
  readonly maxDocumentBytes: number;
  /** A call as the carrier would name it: fresh id, the given numbers. */
  newCall(from: string, to: string): Call;
  /** A stream of that call as its `start` message would describe it. */
  newStream(call: Call, parameters: Readonly<Record<string, string>>): StreamFacts;
  /** The voice webhook of a call, signed, as posted to (or fetched from) `url`. `now`: ms since the epoch. */
  ring(call: Call, to: { readonly url: string; readonly method: 'GET' | 'POST' }, now: number): HttpRequest;
  /** A callback about a call or its stream, signed: what `readStatus` and `readStreamStatus` read. Absent where there are none. */
  status?(call: Call, event: CallEvent, to: DocumentAddress, now: number): HttpRequest;
  /** Headers of the WebSocket upgrade to `url`: signature and subprotocol offers where the carrier has them. `now`: see `ring`. */
  upgradeHeaders(url: StreamTarget['url'], now?: number): Readonly<Record<string, string>>;
  /**
   * The steps of a document, XML or JSON, read as strictly as the carrier does. Throws ERR_DOCUMENT_REFUSED with the carrier's own
   * error code where one is known, and the cure.
   */
  readDocument(document: CarrierDocument): readonly Verb[];
}

/** What a carrier without a voice webhook never does: the simulator opens its stream at once. */
export const noWebhook: Pick<Carrier, 'maxDocumentBytes' | 'ring' | 'readDocument'> = {
  maxDocumentBytes: 0,
  ring() {
    throw new TypeError('this carrier has no webhook');
  },
  readDocument() {
    throw new TypeError('this carrier has no webhook, so it reads no document');
  },
};
