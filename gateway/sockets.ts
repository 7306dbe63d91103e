import type { Server } from 'node:http';
import { GatewayError } from '../shared/errors.ts';
import { refusal, type HttpResponse } from '../shared/http.ts';
import type { StreamProtocol } from '../shared/stream.ts';
import { readAddress, type Address } from './address.ts';
import type { Door } from './admission.ts';
import { carrierCall } from './carrier-call.ts';
import { genericCall } from './generic-call.ts';
import { handshakeProblem, refuse } from './handshake.ts';
import type { LiveCall, LiveCalls } from './live.ts';
import { logged, loggedError } from './log.ts';
import { refusalOf } from './refusals.ts';
import type { TalkOptions } from './talk.ts';
import { maskToken } from './token.ts';
import type { Upgrade } from './upgrade.ts';

export interface SocketOptions extends TalkOptions {
  readonly door: Door;
  readonly live: LiveCalls;
  /** What is spoken at /ws/<name>. */
  readonly protocols: ReadonlyMap<string, StreamProtocol>;
  readonly isDraining: () => boolean;
}

/** Serves /ws on an HTTP server: admit, dial, relay. */
export function serveSockets(server: Server, options: SocketOptions): void {
  const { live, log, limits, isDraining } = options;
  const endpoints = new Set(['generic', ...options.protocols.keys()]);

  server.on('upgrade', (request, wire, head) => {
    // Nobody else listens until the handshake, and an unheard 'error' ends the process.
    wire.on('error', () => {});
    const problem =
      handshakeProblem(request) ?? (live.size >= limits.maxSockets || isDraining() ? full() : null);
    if (problem) return refuse(wire, problem);
    const call = live.enter();
    void answer({ request, wire, head }, call)
      .catch((error: unknown) => {
        log.error(loggedError(error), 'a call failed on a bug');
        wire.destroy();
      })
      .finally(() => live.leave(call));
  });

  async function answer(upgrade: Upgrade, call: LiveCall): Promise<void> {
    const { request, wire } = upgrade;
    const { authorization } = request.headersDistinct;
    const address = readAddress(request.url ?? '', authorization ?? [], endpoints);
    if ('error' in address) {
      const { status, error } = address;
      return refuse(wire, refusal(status, String(status), error));
    }
    const admission = await admit(address, request.headers.origin);
    if ('status' in admission) return refuse(wire, admission);
    const protocol = options.protocols.get(address.endpoint);
    if (protocol) return carrierCall(upgrade, admission, { name: address.endpoint, protocol }, call, options);
    if ('session' in admission) return genericCall(upgrade, admission, call, options);
    throw new TypeError('only a carrier names its agent late');
  }

  async function admit(
    address: Address,
    origin: string | undefined,
  ): Promise<HttpResponse | Awaited<ReturnType<Door['admit']>>> {
    try {
      return await options.door.admit(address, origin);
    } catch (error) {
      const { endpoint, serviceHost, token } = address;
      const facts = { endpoint, serviceHost, token: token === null ? 'none' : maskToken(token) };
      log.warn({ ...facts, ...loggedError(error), origin: logged(origin ?? '') }, 'socket refused');
      return refusalOf(error);
    }
  }
}

function full(): HttpResponse {
  return refusalOf(new GatewayError('ERR_DRAINING', 'this gateway is full or shutting down: try again'));
}
