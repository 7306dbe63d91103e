import { GatewayError } from '../shared/errors.ts';
import type { Call, StreamsOnly } from '../shared/provider.ts';
import type { StreamFacts, StreamProtocol } from '../shared/stream.ts';
import { namedIn, type Admission, type Entry } from './admission.ts';
import { serviceHostOf } from './agents.ts';
import type { Explainer } from './explain/explainer.ts';
import { subprotocolsOf } from './handshake.ts';
import type { LiveCall } from './live.ts';
import { readOpening, type OpeningFailure } from './opening.ts';
import { reachBot, type Reached } from './pools/reach.ts';
import { dismiss, end, release, sayGoodbye, talk, type TalkOptions } from './talk.ts';
import { accept, leave, type Leaving, type Upgrade } from './upgrade.ts';

/** The endpoint a carrier came to, and what is spoken there. */
export interface Endpoint {
  readonly name: string;
  readonly protocol: StreamProtocol;
  /** Of a carrier without a webhook: whose streams it may carry. */
  readonly owner: StreamsOnly | null;
}

/** Characters of a call's id, and of either party: as in /start. What a stream says is remembered after it. */
const MAX_CALL_FACT = 256;

/** How a caller left before its call began. `sentAway`: when it was this gateway that ended it. */
interface Departure extends Leaving {
  sentAway: OpeningFailure | null;
}

/**
 * /ws/{provider}: the carrier says on the socket itself who is calling, so it is answered first. The bot is dialled when
 * that is known and true. `known`: who was admitted already; null when the stream names its agent.
 */
export async function carrierCall(
  upgrade: Upgrade,
  entry: Entry,
  known: Admission | null,
  endpoint: Endpoint,
  live: LiveCall,
  options: TalkOptions & { readonly explainer: Pick<Explainer, 'stream'> },
): Promise<void> {
  const { request, caller } = upgrade;
  const { protocol } = endpoint;
  if (caller.hasLeft) {
    options.visit.refused('caller_left');
    caller.socket.destroy();
    const failure = new GatewayError('ERR_CALL_FAILED', 'the caller left before it was answered');
    return known ? release(known, failure, options) : undefined;
  }
  accept(upgrade, subprotocolsOf(request).find((offer) => offer === protocol.subprotocol) ?? null);
  options.visit.opened();
  const departure: Departure = { hasLeft: false, onLeft: null, sentAway: null };
  live.close = (code, failure) => {
    departure.sentAway = { code, failure };
    caller.reader.left(); // as if it left by itself: whatever is under way for it stops
  };

  const stream = await readOpening(caller, protocol, options.limits, () => leave(departure));
  if ('failure' in stream) {
    const { code, failure } = departure.sentAway ?? stream;
    return dismiss(caller, code, failure, known, options);
  }
  let admission: Admission;
  try {
    admission = await identify(entry, known, stream, endpoint);
    live.session = admission.session.id;
  } catch (error) {
    const [code, reason] = dismissalOf(error);
    if (error instanceof GatewayError && error.code === 'ERR_SIGNATURE_REFUSED') {
      options.explainer.stream(endpoint.name, request.url ?? '', stream.callId);
    }
    return dismiss(caller, code, reason, known, options);
  }
  options.visit.admitted(admission.session);
  nameCall(known, admission, options);
  await connect(upgrade, admission, departure, live, options);
}

/**
 * From now on, what the carrier tells about a call that was not known before is kept with its session. Beside the call, never
 * in its way: without it, only that is not kept.
 */
function nameCall(known: Admission | null, { session }: Admission, { sessions }: TalkOptions): void {
  if (known?.session.call || session.call === null) return;
  sessions.nameCall(session.id, session.provider, session.call.id).catch(() => {});
}

/** Holds what the stream says against what the token was issued for. Rejects with a GatewayError. */
async function identify(
  entry: Entry,
  known: Admission | null,
  stream: StreamFacts,
  { name: provider, owner }: Endpoint,
): Promise<Admission> {
  if (owner && !owner.owns(stream)) {
    throw new GatewayError('ERR_TOKEN_REFUSED', 'the stream is of another account');
  }
  if (stream.callId.length > MAX_CALL_FACT) {
    throw new GatewayError(
      'ERR_TOKEN_REFUSED',
      `the call id of the stream is over ${MAX_CALL_FACT} characters`,
    );
  }
  const serviceHost = namedIn(stream);
  const admission = known ?? (await entry.admit(stream));
  const { agent, session } = admission;
  if (serviceHost !== undefined && serviceHost !== serviceHostOf(agent)) {
    throw new GatewayError('ERR_TOKEN_REFUSED', 'the stream is for another agent');
  }
  if (session.call !== null && session.call.id !== stream.callId) {
    throw new GatewayError('ERR_TOKEN_REFUSED', 'the stream is of another call');
  }
  const isCallClaimed = session.call === null;
  return {
    ...admission,
    isCallClaimed,
    session: { ...session, provider, call: session.call ?? callOf(stream) },
  };
}

function dismissalOf(error: unknown): [code: number, reason: string] {
  if (!(error instanceof GatewayError)) throw error;
  if (error.code === 'ERR_BOT_UNREACHABLE') return [1013, 'the bot cannot be reached'];
  const isRefused = error.code === 'ERR_TOKEN_REFUSED' || error.code === 'ERR_SIGNATURE_REFUSED';
  return [isRefused ? 1008 : 1013, error.message];
}

/** Numbers travel in the parameters where the dialect has no place of its own for them. */
function callOf({ callId, from, to, parameters }: StreamFacts): Call | null {
  if (callId === '') return null; // what Vonage's stream says of its call is what somebody has put there
  return {
    id: callId,
    from: ifShort(from ?? parameters['from_number']),
    to: ifShort(to ?? parameters['to_number']),
    direction: 'inbound',
  };
}

function ifShort(text: string = ''): string {
  return text.length > MAX_CALL_FACT ? '' : text;
}

async function connect(
  upgrade: Upgrade,
  admission: Admission,
  departure: Departure,
  live: LiveCall,
  options: TalkOptions,
): Promise<void> {
  const { caller } = upgrade;
  let reached: Reached;
  try {
    reached = await reachBot(upgrade, admission, departure, options);
  } catch (error) {
    const { hasLeft, sentAway } = departure;
    if (sentAway) return dismiss(caller, sentAway.code, sentAway.failure, admission, options);
    if (hasLeft) {
      const ending = { status: 'CALLER_LOST', endedBy: 'caller', code: 1006, reason: '' } as const;
      await end(admission.session, { ...ending, at: options.now() }, options);
      return sayGoodbye(caller, 1000, '', options.limits.closeTimeout);
    }
    await release(admission, error, options);
    const [code, reason] = dismissalOf(error);
    return dismiss(caller, code, reason, null, options);
  }
  await talk(admission, { caller, reached }, live, options);
}
