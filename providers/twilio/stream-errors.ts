import type { Form } from '../../shared/form.ts';
import { lookUp } from '../../shared/table.ts';
import type { Fault } from '../callbacks.ts';

interface Known {
  /** Of its page, without "Stream -"; what `StreamError` may hold instead of the number. */
  readonly title: string;
  readonly meaning: string;
  readonly cure: string;
}

/**
 * Errors of Media Streams: each has a page https://www.twilio.com/docs/api/errors/<code>. Read 2026-11-21, but for 31902,
 * 31922, 31923 and 31941, whose pages were not to be had: UNVERIFIED, by their names only.
 */
const known: Readonly<Record<string, Known>> = {
  31901: {
    title: 'Connection Timeout',
    meaning: 'Twilio got no answer when it opened the WebSocket',
    cure: 'check that the public URL leads here, that nothing drops TCP port 443 on the way, and that the proxy passes upgrades on',
  },
  31902: {
    title: 'Connection Refused',
    meaning: 'nothing listened where Twilio opened the WebSocket',
    cure: 'start the gateway, or its proxy, and check host and port of public_url',
  },
  31903: {
    title: 'Connection Broken Pipe',
    meaning: 'the WebSocket was cut while the stream was active',
    cure: 'look for a restart, or for a proxy or balancer that cuts idle or long connections',
  },
  31910: {
    title: 'SSL Protocol Error',
    meaning: 'TLS failed when Twilio opened the WebSocket',
    cure: 'serve a certificate of a public CA, with its chain, for the host in public_url, on port 443',
  },
  31920: {
    title: 'Handshake Error',
    meaning: 'the WebSocket handshake was answered with something other than 101',
    cure: 'look for this call in the log: the upgrade was refused here (token, capacity, bot), or a proxy did not pass it on',
  },
  31921: {
    title: 'Close Error',
    meaning: 'the WebSocket was closed from this side',
    cure: 'nothing, when the bot ended the call; otherwise see who closed it in the session’s closeCode and closeReason',
  },
  31922: {
    title: 'Unsupported Scheme',
    meaning: 'the stream’s URL is not wss',
    cure: 'set public_url to an https URL',
  },
  31923: {
    title: 'Malformed URL',
    meaning: 'the stream’s URL is malformed',
    cure: 'set public_url to a whole https URL',
  },
  31924: {
    title: 'Protocol Error',
    meaning: 'Twilio got a message that it does not understand',
    cure: 'let the bot send media (base64 of mu-law at 8000 Hz, without a file header), mark and clear, and nothing else',
  },
  31930: {
    title: 'Buffer Overflow',
    meaning: 'audio of the caller was dropped, because the WebSocket was read too slowly',
    cure: 'look at the bot’s processor and event loop, and at the bandwidth between Twilio, gateway and bot',
  },
  31941: {
    title: 'Invalid Track',
    meaning: 'the stream asks for a track that it cannot have',
    cure: 'stream track="inbound_track" inside <Connect>',
  },
  31950: {
    title: 'Malformed Message',
    meaning: 'Twilio could not read a message of the bot, and goes on without it',
    cure: 'let the bot send text messages of JSON, with audio as base64 in media.payload: no binary messages',
  },
};

/** What Twilio calls a warning: the stream goes on. */
const warnings: readonly string[] = ['31930', '31950'];

export function faultOf(said: string, form: Form): Fault {
  const code = codeIn(said, form.get('StreamErrorCode') ?? '');
  const type = code !== null && warnings.includes(code) ? 'stream-degraded' : 'stream-error';
  const found = lookUp(known, code ?? '');
  if (found) return { type, code, meaning: found.meaning, cure: found.cure };
  const page = `https://www.twilio.com/docs/api/errors${code === null ? '' : `/${code}`}`;
  return { type, code, meaning: 'Twilio reports an error of the stream', cure: `look it up at ${page}` };
}

/** `StreamErrorCode` is not documented, and read where it is there; else the number, or the title of its page, in the text. */
function codeIn(said: string, given: string): string | null {
  if (/^[0-9]{4,6}$/.test(given)) return given;
  const [number] = /\b319[0-9]{2}\b/.exec(said) ?? [];
  const title = said.toLowerCase();
  const [named] = Object.entries(known).find(([, row]) => title.includes(row.title.toLowerCase())) ?? [];
  return number ?? named ?? null;
}
