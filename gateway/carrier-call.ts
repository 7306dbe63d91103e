import { GatewayError } from '../shared/errors.ts';
import type { Call } from '../shared/provider.ts';
import type { StreamFacts, StreamProtocol } from '../shared/stream.ts';
import type { Admission, LateAdmission } from './admission.ts';
import { serviceHostOf } from './agents.ts';
import type { BotLeg } from './dial.ts';
import { subprotocolsOf } from './handshake.ts';
import type { LiveCall } from './live.ts';
import { readOpening, type Opening } from './opening.ts';
import type { Leg } from './relay.ts';
import { dismiss, end, reachBot, release, talk, type TalkOptions } from './talk.ts';
import type { Upgrade } from './upgrade.ts';

/** The endpoint a carrier came to, and what is spoken there. */
export interface Endpoint {
  readonly name: string;
  readonly protocol: StreamProtocol;
}

/**
 * /ws/{provider}: the carrier says on the socket itself who is calling, so it is answered first. The bot is dialled when
 * that is known and true.
 */
export async function carrierCall(
  upgrade: Upgrade,
  admitted: Admission | LateAdmission,
  { name, protocol }: Endpoint,
  live: LiveCall,
  options: TalkOptions,
): Promise<void> {
  const known = 'session' in admitted ? admitted : null;
  const offered = subprotocolsOf(upgrade.request).find((offer) => offer === protocol.subprotocol) ?? null;
  const caller = options.accept(upgrade, offered);
  if (!caller) {
    const failure = new GatewayError('ERR_CALL_FAILED', 'the caller left before it was answered');
    return known ? release(known, failure, options) : undefined;
  }
  live.close = (code, reason) => caller.socket.close(code, reason);

  const opening = await readOpening(caller, protocol, options.limits);
  if ('failure' in opening) return dismiss(caller, 1008, opening.failure, known, options);
  let admission: Admission;
  try {
    admission = await identify(admitted, opening.stream, name);
  } catch (error) {
    const [code, reason] = dismissalOf(error);
    return dismiss(caller, code, reason, known, options);
  }
  await connect(upgrade, admission, { caller, opening }, live, options);
}

/** Holds what the stream says against what the token was issued for. Rejects with a GatewayError. */
async function identify(
  admitted: Admission | LateAdmission,
  stream: StreamFacts,
  provider: string,
): Promise<Admission> {
  const serviceHost = stream.parameters['_pipecatCloudServiceHost'];
  const { agent, session, ticket } = 'admit' in admitted ? await admitted.admit(serviceHost) : admitted;
  if (serviceHost !== undefined && serviceHost !== serviceHostOf(agent)) {
    throw new GatewayError('ERR_TOKEN_REFUSED', 'the stream is for another agent');
  }
  if (session.call !== null && session.call.id !== stream.callId) {
    throw new GatewayError('ERR_TOKEN_REFUSED', 'the stream is of another call');
  }
  return { agent, session: { ...session, provider, call: session.call ?? callOf(stream) }, ticket };
}

function dismissalOf(error: unknown): [code: number, reason: string] {
  if (!(error instanceof GatewayError)) throw error;
  return error.code === 'ERR_TOKEN_REFUSED' ? [1008, error.message] : [1013, error.message];
}

/** Numbers travel in the parameters where the dialect has no place of its own for them. */
function callOf({ callId, from, to, parameters }: StreamFacts): Call {
  return {
    id: callId,
    from: from ?? parameters['from_number'] ?? '',
    to: to ?? parameters['to_number'] ?? '',
    direction: 'inbound',
  };
}

async function connect(
  upgrade: Upgrade,
  admission: Admission,
  { caller, opening }: { readonly caller: Leg; readonly opening: Opening },
  live: LiveCall,
  options: TalkOptions,
): Promise<void> {
  const leaving = new AbortController();
  caller.socket.once('close', () => leaving.abort());
  let bot: BotLeg;
  try {
    bot = await reachBot(upgrade, admission, leaving.signal, options);
  } catch (error) {
    if (leaving.signal.aborted) {
      const ending = { status: 'CALLER_LOST', endedBy: 'caller', code: 1006, reason: '' } as const;
      return end(admission.session, { ...ending, at: options.now() }, options);
    }
    await release(admission, error, options);
    return dismiss(caller, 1013, 'the bot cannot be reached', null, options);
  }
  await talk(admission, { caller, bot, early: opening.takeOver() }, live, options);
}
