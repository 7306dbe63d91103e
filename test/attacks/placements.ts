import { upgradeText } from './raw.ts';

/** Where a token can stand in an upgrade request. */
export interface Placement {
  readonly name: string;
  /** The request, with the text put there as it is, UTF-8 for what is not ASCII. */
  request(serviceHost: string, token: string): string;
  /** False for text that would no longer be the token, the whole token and nothing but the token there. */
  holds(token: string): boolean;
}

/** HTTP carries bytes; the helpers write one character as one byte. */
function utf8(text: string): string {
  return Buffer.from(text).toString('latin1');
}

export const placements: readonly Placement[] = [
  {
    name: 'header',
    request: (serviceHost, token) =>
      upgradeText(`/ws/generic/${serviceHost}`, [`Authorization: Bearer ${utf8(token)}`]),
    // HTTP cuts blanks off the end of a header: they never reach anybody.
    holds: (token) => /^[\u0020-\u007e\t]*$/.test(token) && !/[ \t]$/.test(token),
  },
  {
    name: 'query',
    request: (serviceHost, token) => upgradeText(`/ws/generic/${serviceHost}?token=${utf8(token)}`),
    holds: (token) => /^[\u0021-\u007e]*$/.test(token) && !/[&#]/.test(token),
  },
  {
    name: 'path',
    request: (serviceHost, token) => upgradeText(`/ws/generic/${serviceHost}/${utf8(token)}`),
    holds: (token) => /^[\u0021-\u007e]+$/.test(token) && !/[/?#]/.test(token),
  },
];
