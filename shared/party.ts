/** Characters of a SIP URI or client name; longer ones are refused. */
const MAX_PARTY = 256;

const parties: readonly RegExp[] = [
  // E.164 with "+". Carriers also send codes shorter than a number, with and without "+".
  /^\+?[0-9]{1,15}$/,
  // RFC 3261 §19.1.1, narrowed: user, host, port, parameters, none of the characters that end a URI in a header.
  /^sips?:[A-Za-z0-9\-_.!~*'()&=+$,;?/%:]+@[A-Za-z0-9.\-[\]:]+(?:;[A-Za-z0-9\-_.!~*'()%=[\]/:&+$]+)*$/,
  /^sips?:[A-Za-z0-9.-]+(?::[0-9]{1,5})?$/,
  /^client:[A-Za-z0-9_.@+-]+$/,
  // What carriers write for a caller who hides the number.
  /^(?:anonymous|blocked|private|restricted|unavailable|unknown)$/i,
];

/**
 * Is this one party of a phone call: a number, a SIP URI, a client name, or a carrier's word for an anonymous caller?
 * Strict on purpose: form signatures cover names and values without a separator, so that a value which swallowed the
 * next parameter is signed as well.
 */
export function isParty(text: string): boolean {
  return text.length <= MAX_PARTY && parties.some((party) => party.test(text));
}

/** A whole number in E.164, with its "+". */
export const E164: RegExp = /^\+[1-9]\d{1,14}$/;

/** Digits of an E.164 number; null for SIP URIs, names and hidden numbers. */
export function digitsOf(party: string): string | null {
  return /^\+[0-9]{1,15}$/.test(party) ? party.slice(1) : null;
}

/** A carrier's spelling of a number without its "+". Codes too short to be a number have none anywhere. */
export function withPlus(spelling: string): string {
  return /^[1-9][0-9]{6,14}$/.test(spelling) ? `+${spelling}` : spelling;
}

/** The same number as carriers write it that leave the "+" of E.164 away. */
export function withoutPlus(number: string): string {
  return number.replace(/^\+/, '');
}

/**
 * The telephone number that a party is, in one spelling for all carriers: E.164 with "+", from the same without it and from a
 * SIP URI whose user is such a number; shorter codes as they are. Null for what is no number.
 */
export function numberOf(party: string): string | null {
  const [, user = party] = /^sips?:([^@;]+)(?:;[^@]*)?@/.exec(party) ?? [];
  if (/^[1-9][0-9]{6,14}$/.test(user)) return `+${user}`;
  return /^(?:\+[0-9]{1,15}|[0-9]{1,6})$/.test(user) ? user : null;
}
