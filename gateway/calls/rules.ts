/** What may be done with an agent's calls over their carriers' REST interfaces. */
export interface CallRules {
  /** False: nobody controls its calls, neither with a private key nor with the session's credential. */
  readonly control: boolean;
  /** Numbers and beginnings of numbers, E.164, to which its calls may be transferred. */
  readonly transferTo: readonly string[];
  /** The carrier is told to end the call when the bot has said goodbye, whatever its document says next. */
  readonly endWhenBotLeaves: boolean;
  /** Null: it calls nobody. */
  readonly outbound: OutboundRules | null;
}

export interface OutboundRules {
  /** Our numbers that it may call from, E.164. */
  readonly from: readonly string[];
  /** Numbers and beginnings of numbers, E.164, that it may call. */
  readonly to: readonly string[];
  /** No call is placed while the agent has so many sessions, inbound ones too. */
  readonly maxSessions: number;
}

/** `prefixes`: numbers and beginnings of numbers. */
export function isAllowed(number: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => number.startsWith(prefix));
}
