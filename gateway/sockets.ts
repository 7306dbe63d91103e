import type { IncomingMessage, Server } from 'node:http';
import { GatewayError } from '../shared/errors.ts';
import { refusal, type HttpResponse } from '../shared/http.ts';
import type { StreamsOnly } from '../shared/provider.ts';
import type { UpgradeRequest } from '../shared/provider.ts';
import { joinedHeaders } from '../shared/runtime/express.ts';
import type { StreamProtocol } from '../shared/stream.ts';
import { readAddress, type Address } from './address.ts';
import type { Admission, Door, Entry } from './admission.ts';
import { carrierCall } from './carrier-call.ts';
import type { Explainer } from './explain/explainer.ts';
import { genericCall } from './generic-call.ts';
import { handshakeProblem, refuse, refuseLeg, valuesOf } from './handshake.ts';
import type { LiveCall } from './live.ts';
import { logged, loggedError } from './log.ts';
import { resultOf, type Observer } from './observe/observer.ts';
import { refusalOf } from './refusals.ts';
import type { Probes } from './probe.ts';
import { adopt } from './relay/leg.ts';
import type { TalkOptions } from './talk.ts';
import { maskToken } from './token.ts';
import type { Upgrade } from './upgrade.ts';

export interface SocketOptions extends Omit<TalkOptions, 'visit'> {
  readonly observer: Observer;
  readonly door: Door;
  readonly explainer: Explainer;
  /** ws(s):// URL under which carriers and clients reach us, without a slash at its end. */
  readonly publicWsUrl: string;
  /** What is spoken at /ws/<name>. */
  readonly protocols: ReadonlyMap<string, StreamProtocol>;
  /** Carriers without a webhook that have their variables set. */
  readonly streamsOnly: ReadonlyMap<string, StreamsOnly>;
  /** Asked before anybody else. */
  readonly probes: Probes;
  readonly isDraining: () => boolean;
}

/** A request that may go on. */
interface Knock {
  readonly address: Address;
  readonly entry: Entry;
}

/** Serves /ws on an HTTP server: admit, dial, relay. */
export function serveSockets(server: Server, options: SocketOptions): void {
  const { live, log, observer } = options;
  const endpoints = new Set(['generic', ...options.protocols.keys()]);

  server.on('upgrade', (request, wire, head) => {
    // Nobody else listens until the handshake, and an unheard 'error' ends the process.
    wire.on('error', () => {});
    if (options.probes.upgrade(request, wire, head)) return;
    const knock = checked(request, endpoints, options);
    if ('status' in knock) return refuse(wire, knock);
    const caller = adopt(wire, head);
    if (!caller) return;
    const call = live.enter();
    const visit = observer.upgrade(knock.address.endpoint);
    void answer({ request, caller }, knock, call, { ...options, visit })
      .catch((error: unknown) => {
        log.error(loggedError(error), 'a call failed on a bug');
        caller.socket.destroy();
      })
      .finally(() => {
        visit.left();
        live.leave(call);
      });
  });
}

/** All that can be said of a request without asking anybody: a good one, or how it is refused. */
function checked(
  request: IncomingMessage,
  endpoints: ReadonlySet<string>,
  options: SocketOptions,
): Knock | HttpResponse {
  const { live, limits, isDraining, observer, door } = options;
  const counted = (result: string, response: HttpResponse): HttpResponse => {
    observer.upgrade('unknown').refused(result);
    return response;
  };
  const problem = handshakeProblem(request);
  if (problem) return counted('malformed', problem);
  if (isDraining()) return counted('draining', full());
  if (live.size >= limits.maxSockets) return counted('full', full());
  const address = readAddress(request.url ?? '', valuesOf(request, 'authorization'), endpoints);
  if ('error' in address) {
    return counted('address_unknown', refusal(address.status, String(address.status), address.error));
  }
  try {
    return { address, entry: door.check(address, upgradeOf(request, options)) };
  } catch (error) {
    return refused(address, request, error, { ...options, visit: observer.upgrade(address.endpoint) });
  }
}

/** What the carrier asked for, as it was told it: nothing in it is taken from Host or X-Forwarded-*. */
function upgradeOf({ url = '', headersDistinct }: IncomingMessage, options: SocketOptions): UpgradeRequest {
  return { url: options.publicWsUrl + url, headers: joinedHeaders(headersDistinct) };
}

type AnswerOptions = SocketOptions & TalkOptions;

async function answer(
  upgrade: Upgrade,
  { address, entry }: Knock,
  call: LiveCall,
  options: AnswerOptions,
): Promise<void> {
  let admission: Admission | null = null;
  try {
    if (entry.isNamed) admission = await entry.admit();
    call.session = admission?.session.id ?? null;
  } catch (error) {
    return refuseLeg(upgrade.caller, refused(address, upgrade.request, error, options));
  }
  if (admission) options.visit.admitted(admission.session);
  const protocol = options.protocols.get(address.endpoint);
  if (protocol) {
    const name = address.endpoint;
    const endpoint = { name, protocol, owner: options.streamsOnly.get(name) ?? null };
    return carrierCall(upgrade, entry, admission, endpoint, call, options);
  }
  if (admission) return genericCall(upgrade, admission, call, options);
  throw new TypeError('only a carrier names its agent late');
}

function refused(
  address: Address,
  request: IncomingMessage,
  error: unknown,
  options: SocketOptions & Pick<TalkOptions, 'visit'>,
): HttpResponse {
  const { log, visit, explainer } = options;
  visit.refused(resultOf(error));
  const { endpoint, serviceHost, token } = address;
  const facts = { endpoint, serviceHost, token: token === null ? 'none' : maskToken(token) };
  const { origin = '' } = request.headers;
  const told = { refusal: explainer.socket(address, upgradeOf(request, options), error) ?? undefined };
  log.warn({ ...facts, ...loggedError(error), origin: logged(origin), ...told }, 'socket refused');
  return refusalOf(error);
}

function full(): HttpResponse {
  return refusalOf(new GatewayError('ERR_DRAINING', 'this gateway is full or shutting down: try again'));
}
