import type { Address } from '../address.ts';
import type { TokenSigner } from '../token.ts';
import { UNCHANGED_TARGET, type Finding } from './explanation.ts';

const AGAIN =
  'who opens the socket: let it ask /start (or the webhook) for a fresh token, and connect at once';
const PROXY = `${UNCHANGED_TARGET}, with room for 500 characters`;

/** Why a token did not open this socket. The token itself is never shown. `now`: milliseconds since the epoch. */
export function explainToken(
  { token, serviceHost }: Pick<Address, 'token' | 'serviceHost'>,
  tokens: Pick<TokenSigner, 'inspect'>,
  now: number,
): Finding {
  if (token === null || token === '') {
    return {
      cause: 'token-missing',
      sentence:
        'no token was sent: neither as "Authorization: Bearer", nor as ?token=, nor as the last segment of the path',
      setting:
        'who opens the socket: connect to wsUrl + "/" + token, both from /start. If the URL had it, a proxy has cut the path',
      matched: null,
    };
  }
  const found = tokens.inspect(token);
  // 60 characters of base64 without a capital letter are nobody's.
  if (token.length > 60 && token === token.toLowerCase()) {
    return {
      cause: 'token-malformed',
      sentence: 'the token has no capital letters: something on the way has made them small',
      setting: PROXY,
      matched: null,
    };
  }
  switch (found.type) {
    case 'malformed':
      return malformed(token, tokens);
    case 'forged':
      return forged(found);
    case 'late':
      return late(found.seconds);
    case 'good':
      break;
  }
  const { grant } = found;
  if (serviceHost !== null && grant.serviceHost !== serviceHost) {
    return {
      cause: 'token-other-agent',
      sentence: `the token is genuine, and for ${grant.serviceHost}; the socket is that of ${serviceHost}`,
      setting: `the URL of the socket: connect to the wsUrl that came with the token, /ws/…/${grant.serviceHost}`,
      matched: null,
    };
  }
  const left = Math.max(0, Math.ceil((grant.expiresAt - now) / 1000));
  return {
    cause: 'token-used',
    sentence: `the token is genuine and in time (about ${left} s left), but no session waits under it: it was used already, or the store that held its session is not the one of this gateway`,
    setting: `${AGAIN}. With several gateways: store = "redis://…", the same for all`,
    matched: null,
  };
}

/** Not the issued spelling. What was it before somebody on the way had it? */
function malformed(token: string, tokens: Pick<TokenSigner, 'inspect'>): Finding {
  const isOurs = (text: string): boolean =>
    tokens.inspect(text).type !== 'malformed' && tokens.inspect(text).type !== 'forged';
  const decoded = decodedOf(token);
  const trimmed = token.replace(/^[^A-Za-z0-9_-]+|(?<![^A-Za-z0-9_-])[^A-Za-z0-9_-]+$/g, '');
  if (decoded !== token && isOurs(decoded)) {
    return {
      cause: 'token-encoded',
      sentence:
        'the token is one of ours when its percent-encoding is undone: something on the way has encoded it',
      setting: PROXY,
      matched: 'percent-decoded',
    };
  }
  if (/^(?:pk|sk)_/.test(token)) {
    return {
      cause: 'token-is-key',
      sentence: 'an API key stands where the token belongs; "Authorization" is looked at first, and decides',
      setting: 'who opens the socket: send the token, and no key, with the handshake. Keys are for /start',
      matched: null,
    };
  }
  if (trimmed !== token && isOurs(trimmed)) {
    return {
      cause: 'token-malformed',
      sentence:
        'the token is one of ours with something else at its ends: a quote, a slash, a "=", or a blank',
      setting: 'who opens the socket: send the token exactly as /start gave it',
      matched: 'without what stands at its ends',
    };
  }
  return cutOrStrange(token);
}

function cutOrStrange(token: string): Finding {
  const [head = '', tail] = token.split('.');
  const isCut = /^[A-Za-z0-9_-]+$/.test(head) && head.startsWith('eyJ2IjoxLCJ0') && (tail ?? '').length < 43;
  const matched = null;
  if (isCut) {
    return {
      cause: 'token-cut',
      sentence: `the token begins as ours do and ends too early, after ${token.length} characters: something on the way has cut it`,
      setting: PROXY,
      matched,
    };
  }
  return {
    cause: 'token-malformed',
    sentence: `what was sent as a token, ${token.length} characters long, is not in the shape of one`,
    setting: 'who opens the socket: send the token exactly as /start gave it, once',
    matched,
  };
}

function decodedOf(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function forged({ kid, isKnown }: { readonly kid: string | null; readonly isKnown: boolean }): Finding {
  const matched = null;
  const other =
    'HOOKSWITCH_SECRETS: the same for all gateways, and for a while also the one that is being replaced (k2:new,k1:old)';
  if (kid !== null && !isKnown && /^[a-z0-9]{1,16}$/.test(kid)) {
    return {
      cause: 'token-unknown-secret',
      sentence: `the token says it is signed with the secret "${kid}", which this gateway does not have: another gateway issued it, or the secret was taken away too early`,
      setting: other,
      matched,
    };
  }
  return {
    cause: 'token-forged',
    sentence: `the token is in our shape, and not signed by the secret it names${kid !== null && isKnown ? ` ("${kid}")` : ''}: it was changed on the way, another gateway has another secret of that name, or it is forged`,
    setting: other,
    matched,
  };
}

function late(seconds: number): Finding {
  const isFuture = seconds < 0;
  return {
    cause: 'token-expired',
    sentence: isFuture
      ? `the token is genuine, and was issued ${-seconds} s in the future by the clock of this machine`
      : `the token is genuine, and expired ${seconds} s ago by the clock of this machine: tokens live for 300 s`,
    setting: isFuture
      ? 'the clocks of the gateways: let NTP set them'
      : `${AGAIN}. If it did: the clocks of the gateways (NTP)`,
    matched: null,
  };
}
