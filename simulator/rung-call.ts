import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Carrier } from '../shared/carrier.ts';
import type { DeskCommand } from '../shared/carrier-desk.ts';
import type { CallEnd } from '../shared/call-status.ts';
import { GatewayError } from '../shared/errors.ts';
import { readBody } from '../shared/http-body.ts';
import { refusal, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { addressOf } from '../shared/listening.ts';
import { joinedHeaders } from '../shared/runtime/express.ts';
import { placeCall, type CallOptions } from './place-call.ts';
import type { CallReport } from './report.ts';
import { post } from './webhook.ts';

/** Bytes of one request to the carrier. */
const MAX_REQUEST_BYTES = 65_536;
/** Milliseconds the gateway has to answer a callback. */
const CALLBACK_TIMEOUT = 5000;
/** Milliseconds a phone rings before somebody answers. */
export const RING = 1000;

type Placed = Extract<DeskCommand, { readonly type: 'place' }>;
type Heard = Extract<DeskCommand, { readonly type: 'heard' }>;

/** What the gateway wants with the call that it placed, and whoever is to be told. */
interface Orders {
  latest: Exclude<DeskCommand, Placed | Heard> | null;
  onOrder: () => void;
  onHeard: (what: string) => void;
}

/** What whoever is rung does. */
export type Callee = 'answer' | 'busy' | 'no-answer';

export interface RungOptions extends Omit<CallOptions, 'webhook' | 'status' | 'from' | 'to' | 'call'> {
  readonly callee: Callee;
  /** Milliseconds; default RING. */
  readonly ring?: number;
  /** Told of each step before the call is answered. */
  readonly onStep: (sentence: string) => void;
}

/** A carrier's REST interface on this machine. */
export interface Desk {
  /** Variables of a gateway that asks here. */
  readonly variables: Readonly<Record<string, string>>;
  /**
   * Plays the first call that is placed there, until it is over: rings, answers, talks. Null when nobody answered: who
   * placed it was told so.
   */
  readonly rung: (options: RungOptions) => Promise<CallReport | null>;
  readonly close: () => Promise<void>;
}

/** Rejects with ERR_CONFIG_INVALID when there is nothing to check credentials with, or the port is taken. */
export async function openDesk(
  { provider, env }: Pick<RungOptions, 'provider' | 'env'>,
  port: number,
): Promise<Desk> {
  const desk = provider.desk?.(env);
  const carrier = provider.carrier(env);
  if (!desk || !carrier) {
    const sentence = `calls cannot be placed over ${provider.name} here: it has no REST interface, or no credentials`;
    throw new GatewayError('ERR_CONFIG_INVALID', sentence);
  }
  const theirs = desk;
  const newCall: Carrier['newCall'] = (from, to) => carrier.newCall(from, to);
  const orders: Orders = { latest: null, onOrder() {}, onHeard() {} };
  let tellPlaced: ((placed: Placed) => void) | null = null;
  const firstPlaced = new Promise<Placed>((resolve) => (tellPlaced = resolve));

  async function answer(incoming: IncomingMessage): Promise<HttpResponse> {
    const request = await requestOf(incoming);
    const command = request && theirs.read(request, newCall);
    if (!command) return unknown;
    if (command.type === 'place') tellPlaced?.(command);
    else if (command.callId !== (await firstPlaced).call.id) return unknown;
    else if (command.type === 'heard') orders.onHeard(command.what);
    else {
      orders.latest = command;
      orders.onOrder();
    }
    return command.response;
  }
  const server = createServer((incoming, response) => {
    void answer(incoming)
      .catch(() => unknown) // cut off
      .then(({ status, headers, body }) => response.writeHead(status, { ...headers }).end(body));
  });
  await listen(server, port);
  return {
    variables: desk.variables(`http://127.0.0.1:${addressOf(server).port}`),
    rung: async (options) => play(await firstPlaced, orders, { ...options, carrier }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Playing = RungOptions & { readonly carrier: Carrier };

async function play(placed: Placed, orders: Orders, options: Playing): Promise<CallReport | null> {
  const { callee, onStep, ring = RING, carrier } = options;
  const { call, statusUrl } = placed;
  const tools = options.tools ?? { fetch, epoch: Date.now };
  const status = statusUrl === null ? null : ({ url: statusUrl, method: 'POST' } as const);
  const tell = async (type: 'ringing' | CallEnd['type']): Promise<void> => {
    if (!status || !carrier.status) return;
    const told = { sentAt: tools.epoch(), sequence: null };
    const event = type === 'ringing' ? { type, ...told } : { type, ...told, duration: null, cause: null };
    const request = carrier.status(call, event, status, tools.epoch());
    try {
      const response = await post(request, {
        fetch: tools.fetch,
        signal: AbortSignal.timeout(CALLBACK_TIMEOUT),
      });
      await response.body?.cancel();
      onStep(`${type}: the gateway was told, and answered ${response.status}`);
    } catch {
      onStep(`${type}: the gateway could not be told`);
    }
  };

  onStep(
    `the gateway places a call from ${call.from} to ${call.to}; it may ring for ${placed.ringTimeout} s`,
  );
  await tell('ringing');
  await sleep(ring);
  if (callee !== 'answer') {
    await tell(callee);
    return null;
  }
  onStep('somebody answers');
  const report = await talk(placed, orders, options);
  await tell('completed');
  return report;
}

/** From document to document, as long as the gateway hands the call on. */
async function talk({ call, answerUrl }: Placed, orders: Orders, options: Playing): Promise<CallReport> {
  const { onStep } = options;
  let url = answerUrl;
  let isHandedOn = false;
  orders.onHeard = (what) => onStep(`beside the stream, the caller hears ${what}`);
  for (;;) {
    const ordered = new AbortController();
    orders.onOrder = () => ordered.abort();
    if (orders.latest) ordered.abort();
    const signal = AbortSignal.any([ordered.signal, ...(options.signal ? [options.signal] : [])]);
    const webhook = { url, method: 'POST' } as const;
    const placed = await placeCall({ ...options, from: call.from, to: call.to, call, webhook, signal });
    const webhookShown = url.replace(/\?.*/, ''); // a token stands there
    // To dial a phone is then what was asked for, and no fallback.
    const isTransfer = isHandedOn && placed.closed === null && placed.dialled.length > 0;
    const report = {
      ...placed,
      webhook: webhookShown,
      ...(isTransfer ? { verdict: { ok: true } as const } : {}),
    };
    const order = orders.latest;
    orders.latest = null;
    if (!order || options.signal?.aborted) return report;
    onStep(order.type === 'redirect' ? 'the gateway hands the call on' : 'the gateway ends the call');
    if (order.type !== 'redirect') return report;
    ({ url } = order);
    isHandedOn = true;
  }
}

async function requestOf(incoming: IncomingMessage): Promise<HttpRequest | null> {
  const { method = '', url = '/', headersDistinct } = incoming;
  const body = await readBody(incoming, MAX_REQUEST_BYTES);
  return body === null
    ? null
    : { method, url: `http://carrier${url}`, headers: joinedHeaders(headersDistinct), body };
}

const unknown = refusal(
  404,
  '404',
  'The simulated carrier knows calls of its own account only, and what the gateway does with them.',
);

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    const sentence = `cannot play the carrier on port ${port}: another process listens there; give --api-port`;
    throw new GatewayError('ERR_CONFIG_INVALID', sentence, { cause });
  }
}
