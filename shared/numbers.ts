import { GatewayError } from './errors.ts';

/** Settings by the carrier's own field names; an empty text is one that is not set. */
export type NumberSettings = Readonly<Record<string, string>>;

/** A phone number of an account, and where its calls go. */
export interface NumberRoute {
  /** E.164. */
  readonly number: string;
  /** The carrier's id of the number. */
  readonly id: string;
  /** All that decides where its calls go. No credentials of ours; a URL in it may have somebody's. */
  readonly settings: NumberSettings;
  /** Who is asked when a call comes in; null when nobody is, because a trunk, say, takes the calls. */
  readonly voice: { readonly url: string; readonly method: 'GET' | 'POST' } | null;
  /** What stands between the number and that URL, such as "TwiML App Sales (AP…)". Null: nothing. */
  readonly via: string | null;
}

/** Where a number's calls shall go. Null leaves that setting as it is. */
export interface NumberWish {
  readonly voiceUrl: string;
  readonly fallbackUrl: string | null;
  readonly statusUrl: string | null;
  /** Of the application that is made where the carrier has numbers point to applications. Letters, digits, "-", "_". */
  readonly name: string;
}

/** What a number's settings would become. */
export interface NumberPlan {
  readonly settings: NumberSettings;
  /** Sentences about what that does besides. */
  readonly notes: readonly string[];
}

/**
 * The phone numbers of one carrier's account. Every method rejects with ERR_CARRIER_REFUSED or ERR_CARRIER_UNREACHABLE.
 */
export interface NumberDirectory {
  /** What the carrier's console calls the settings, in its order. */
  readonly labels: Readonly<Record<string, string>>;
  /** MAX_NUMBERS at most. */
  list(): Promise<readonly NumberRoute[]>;
  find(number: string): Promise<NumberRoute | null>;
  /** Writes nothing. */
  plan(route: NumberRoute, wish: NumberWish): Promise<NumberPlan>;
  /** Makes `settings` those of the number: of a plan, or of a route from before. */
  write(route: NumberRoute, settings: NumberSettings): Promise<void>;
}

/** Numbers that are looked at: more belong into a script of their own. */
export const MAX_NUMBERS = 1000;

/** Names of settings that differ. An empty application in `wanted` is one that was still to be made. */
export function differing(current: NumberSettings, wanted: NumberSettings): string[] {
  const names = new Set([...Object.keys(current), ...Object.keys(wanted)]);
  return [...names].filter(
    (name) =>
      (current[name] ?? '') !== (wanted[name] ?? '') && !(name === APPLICATION && wanted[name] === ''),
  );
}

/** The setting that names an application by its id. */
export const APPLICATION = 'application';

/** A member as text; empty for null, and for what is not there. */
export function textIn(thing: object, name: string): string {
  const value: unknown = Reflect.get(thing, name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

export function methodIn(text: string): 'GET' | 'POST' {
  return text.toUpperCase() === 'GET' ? 'GET' : 'POST';
}

export function cannotUndo(carrier: string, number: string): GatewayError {
  return new GatewayError(
    'ERR_CARRIER_REFUSED',
    `${number} had no application before, and ${carrier} documents no way to take one off: choose in its console`,
  );
}
