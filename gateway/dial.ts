import { randomUUID } from 'node:crypto';
import { validateHeaderValue } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { deadline } from './deadline.ts';
import { readSwitch } from './dial-answer.ts';
import { MAX_HEADER_BYTES, type Limits } from './limits.ts';
import { destinationOf, type Bot } from './pools/bots.ts';
import { Leg } from './relay/leg.ts';
import { acceptOf, type Leaving } from './upgrade.ts';

/** A bot and what it is told. */
export interface DialTarget {
  readonly bot: Bot;
  /** As it is asked for: the URL that the bot is named by, and what is added to its query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Dial {
  readonly target: DialTarget;
  /** The caller's offers. */
  readonly subprotocols: readonly string[];
  /** When the caller leaves, nobody is left to talk to. */
  readonly leaving: Leaving;
}

/** A bot that answered. */
export interface Dialled {
  readonly leg: Leg;
  /** The bot's choice among the offers; empty when it chose none. */
  readonly subprotocol: string;
}

/**
 * Opens a connection to a bot. The leg comes paused, with what the bot may have said in the very packet that completed its
 * handshake. Rejects with the reason in words when it does not answer, not with a switch, or when the caller leaves.
 */
export function dialBot(
  { target: { bot, url, headers }, subprotocols, leaving }: Dial,
  { dialTimeout }: Pick<Limits, 'dialTimeout'>,
): Promise<Dialled> {
  const target = new URL(url);
  const key = nonce();
  const request = requestFor(target, key, subprotocols, headers);
  const leg = new Leg('bot');
  const socket = open(bot, leg);
  leg.attach(socket);

  return new Promise<Dialled>((resolve, reject) => {
    const settle = (): void => {
      callOff();
      leaving.onLeft = null;
    };
    const fail = (reason: string): void => {
      settle();
      socket.destroy();
      reject(new Error(reason, { cause: leg.error }));
    };
    const callOff = deadline(() => fail(`no answer within ${dialTimeout / 1000} s`), dialTimeout);
    leaving.onLeft = () => fail('the caller left');
    const read = (): boolean => {
      const end = leg.slab.subarray(0, leg.filled).indexOf('\r\n\r\n');
      if (end < 0) {
        if (leg.filled > MAX_HEADER_BYTES) fail(`an answer of over ${MAX_HEADER_BYTES} bytes`);
        return true;
      }
      const answer = readSwitch(leg.slab.toString('latin1', 0, end), acceptOf(key), subprotocols);
      if ('failure' in answer) {
        fail(answer.failure);
        return false;
      }
      settle();
      leg.drop(end + 4, false);
      resolve({ leg, subprotocol: answer.subprotocol });
      return false;
    };
    leg.reader = { read, left: () => fail('hung up, or not there') };
    socket.write(request, 'latin1');
  });
}

/** 16 bytes in base64, 122 bits of them random: RFC 6455 §4.1. Node draws UUIDs in stock, which costs a tenth. */
function nonce(): string {
  return Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64');
}

function open(bot: Bot, leg: Leg): Socket {
  const options = { ...destinationOf(bot), noDelay: true, allowHalfOpen: true, onread: leg.onread };
  if (bot.named.startsWith('ws:')) return connectTcp(options);
  return connectTls({ ...options, ALPNProtocols: ['http/1.1'] });
}

/** RFC 6455 §4.1. */
function requestFor(
  { host, pathname, search }: URL,
  key: string,
  subprotocols: readonly string[],
  headers: Readonly<Record<string, string>>,
): string {
  const lines = [`GET ${pathname}${search} HTTP/1.1`, `Host: ${host}`];
  lines.push('Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13');
  lines.push(`Sec-WebSocket-Key: ${key}`);
  if (subprotocols.length > 0) lines.push(`Sec-WebSocket-Protocol: ${subprotocols.join(', ')}`);
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderValue(name, value);
    lines.push(`${name}: ${value}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
