/** How one of the client's promises ended, as it can leave the page. */
export interface Outcome {
  readonly error: string | null;
  readonly status: number | null;
}

/** What a client is made of: as the documentation says, with the Twilio serializer, or with nothing chosen. */
export type Kind = 'usual' | 'twilio' | 'twilio-ungreeted' | 'bare';

/** What a test can ask the page to do. */
export interface Stage {
  create(kind: Kind): void;
  /** As the documentation does it. */
  call(endpoint: string): Promise<Outcome>;
  start(request: {
    readonly endpoint: string;
    readonly requestData?: Record<string, string>;
  }): Promise<Outcome>;
  connect(params: object): Promise<Outcome>;
  disconnect(): Promise<Outcome>;
  state(): string;
  /** States and errors of the client, in order. */
  happened(): readonly string[];
  /** What went to the loudspeaker so far: 16-bit samples, and their rate in Hz. */
  played(): { readonly samples: readonly number[]; readonly rate: number };
  /** Forgets what was played. */
  hush(): void;
}
