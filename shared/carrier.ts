import type { HttpRequest } from './http.ts';
import type { Call, StreamTarget } from './provider.ts';
import type { StreamFacts } from './stream.ts';
import type { XmlElement } from './xml.ts';

/** One step of a carrier's document, in words all carriers share. */
export type Verb =
  | {
      readonly type: 'stream';
      readonly url: string;
      /** Handed back in the `start` message. */
      readonly parameters: Readonly<Record<string, string>>;
    }
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'dial'; readonly number: string }
  | { readonly type: 'redirect'; readonly url: string; readonly method: 'GET' | 'POST' }
  | { readonly type: 'hangUp' };

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
  /** Headers of the WebSocket upgrade to `url`: signature and subprotocol offers where the carrier has them. */
  upgradeHeaders(url: StreamTarget['url']): Readonly<Record<string, string>>;
  /**
   * The steps of a document, read as strictly as the carrier does. Throws ERR_DOCUMENT_REFUSED with the carrier's own
   * error code where one is known, and the cure.
   */
  readDocument(root: XmlElement): readonly Verb[];
}
