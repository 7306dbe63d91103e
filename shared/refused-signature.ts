import type { SignatureCheck, SignatureFlaw } from './provider.ts';

/** `reason` is for our log, never for the sender. */
export function refused(reason: string, flaw: SignatureFlaw = { type: 'mismatch' }): SignatureCheck {
  return { ok: false, reason, flaw };
}

/** The header that proves the sender is not there. */
export function missing(header: string): SignatureCheck {
  return refused(`no ${header} header`, { type: 'missing', header });
}

/** It is there, and is not `what` the carrier sends. */
export function malformed(header: string, what: string): SignatureCheck {
  return refused(`${header} is not ${what}`, { type: 'malformed', header });
}
