import type { Fault } from '../callbacks.ts';

type Known = Pick<Fault, 'meaning' | 'cure'>;

/**
 * Errors on the media WebSocket. `StreamError` of a callback is free text; that their numbers stand there is UNVERIFIED.
 *
 * @see https://developers.telnyx.com/api-reference/websockets/stream-call-media-over-websocket (read 2026-11-21)
 */
const numbers: Readonly<Record<string, Known>> = {
  100002: { meaning: 'Telnyx had an error of its own', cure: 'try again, and ask Telnyx with the call’s id' },
  100003: {
    meaning: 'Telnyx got a message that it does not understand',
    cure: 'let the bot send media, mark and clear, and nothing else',
  },
  100004: {
    meaning: 'Telnyx got media that is not base64',
    cure: 'let the bot send base64 of mu-law at 8000 Hz, without a file header',
  },
  100005: {
    meaning: 'Telnyx got messages faster than it takes them',
    cure: 'let the bot send audio in pieces of 20 ms or longer',
  },
};

/** What free text may be about. The first that fits counts. */
const texts: readonly (readonly [RegExp, Known])[] = [
  [
    /time.?out|timed out/i,
    {
      meaning: 'Telnyx got no answer when it opened the WebSocket',
      cure: 'check that the public URL leads here, and that nothing on the way drops connections',
    },
  ],
  [
    /refused|unreachable|no such host|dns|resolve/i,
    {
      meaning: 'Telnyx could not reach what the stream’s URL names',
      cure: 'check host and port of public_url, and that gateway and proxy run',
    },
  ],
  [
    /tls|ssl|certificate/i,
    {
      meaning: 'TLS failed when Telnyx opened the WebSocket',
      cure: 'serve a certificate of a public CA, with its chain, for the host in public_url',
    },
  ],
  [
    /handshake|upgrade|\b[345][0-9]{2}\b/i,
    {
      meaning: 'the WebSocket handshake was answered with something other than 101',
      cure: 'look for this call in the log: the upgrade was refused here (token, capacity, bot), or a proxy did not pass it on',
    },
  ],
];

const other: Known = {
  meaning: 'Telnyx could not open the WebSocket, or lost it',
  cure: 'look for this call in the log: was its upgrade refused here, or did it never arrive?',
};

export function faultOf(said: string): Fault {
  const code = /\b10000[2-5]\b/.exec(said)?.[0] ?? null;
  const known =
    (code === null ? undefined : numbers[code]) ?? texts.find(([text]) => text.test(said))?.[1] ?? other;
  return { type: 'stream-error', code, ...known };
}
