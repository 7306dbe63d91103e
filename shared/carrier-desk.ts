import type { HttpRequest, HttpResponse } from './http.ts';
import type { Call } from './provider.ts';

/** What somebody asks of a carrier's REST interface, and what it answers. */
export type DeskCommand = { readonly response: HttpResponse } & (
  | {
      readonly type: 'place';
      readonly call: Call;
      /** Asked with POST when somebody answers. */
      readonly answerUrl: string;
      /** Told with POST; null where nobody wants to be. */
      readonly statusUrl: string | null;
      /** Seconds. */
      readonly ringTimeout: number;
    }
  | { readonly type: 'hangUp'; readonly callId: string }
  | { readonly type: 'redirect'; readonly callId: string; readonly url: string }
  /** Beside the stream, which goes on. `what`: `digits 1#`, a sentence in quotes, or the URL of a file. */
  | { readonly type: 'heard'; readonly callId: string; readonly what: string }
);

/** The carrier's REST interface as far as calls are placed and ended there, for the simulator: the other end of `control`. */
export interface CarrierDesk {
  /** Variables that a gateway must have to come here, beside its credentials. `origin`: `http://host:port`. */
  variables(origin: string): Readonly<Record<string, string>>;
  /** Null for what is no such command, and for whoever is not the configured account. `newCall`: see Carrier. */
  read(request: HttpRequest, newCall: (from: string, to: string) => Call): DeskCommand | null;
}
