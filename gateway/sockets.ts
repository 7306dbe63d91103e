import type { IncomingMessage, Server } from 'node:http';
import { GatewayError } from '../shared/errors.ts';
import { refusal, type HttpResponse } from '../shared/http.ts';
import type { StreamProtocol } from '../shared/stream.ts';
import { readAddress, type Address } from './address.ts';
import type { Admission, Door, Entry } from './admission.ts';
import { carrierCall } from './carrier-call.ts';
import { genericCall } from './generic-call.ts';
import { handshakeProblem, refuse, refuseLeg, valuesOf } from './handshake.ts';
import type { LiveCall } from './live.ts';
import { logged, loggedError } from './log.ts';
import { resultOf, type Observer } from './observe/observer.ts';
import { refusalOf } from './refusals.ts';
import { adopt } from './relay/leg.ts';
import type { TalkOptions } from './talk.ts';
import { maskToken } from './token.ts';
import type { Upgrade } from './upgrade.ts';

export interface SocketOptions extends Omit<TalkOptions, 'visit'> {
  readonly observer: Observer;
  readonly door: Door;
  /** What is spoken at /ws/<name>. */
  readonly protocols: ReadonlyMap<string, StreamProtocol>;
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
  const { live, limits, isDraining, observer, door, log } = options;
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
  const { origin } = request.headers;
  try {
    return { address, entry: door.check(address, origin) };
  } catch (error) {
    return refused(address, origin, error, { log, visit: observer.upgrade(address.endpoint) });
  }
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
    return refuseLeg(upgrade.caller, refused(address, upgrade.request.headers.origin, error, options));
  }
  if (admission) options.visit.admitted(admission.session);
  const protocol = options.protocols.get(address.endpoint);
  if (protocol) {
    return carrierCall(upgrade, entry, admission, { name: address.endpoint, protocol }, call, options);
  }
  if (admission) return genericCall(upgrade, admission, call, options);
  throw new TypeError('only a carrier names its agent late');
}

function refused(
  address: Address,
  origin: string | undefined,
  error: unknown,
  { log, visit }: Pick<TalkOptions, 'log' | 'visit'>,
): HttpResponse {
  visit.refused(resultOf(error));
  const { endpoint, serviceHost, token } = address;
  const facts = { endpoint, serviceHost, token: token === null ? 'none' : maskToken(token) };
  log.warn({ ...facts, ...loggedError(error), origin: logged(origin ?? '') }, 'socket refused');
  return refusalOf(error);
}

function full(): HttpResponse {
  return refusalOf(new GatewayError('ERR_DRAINING', 'this gateway is full or shutting down: try again'));
}
