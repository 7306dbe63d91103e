import { GatewayError } from '../../shared/errors.ts';
import { isRecord, type Fields } from '../../shared/fields.ts';
import { readFrame, readWhole } from '../../shared/frame.ts';
import { isParty } from '../../shared/party.ts';
import type {
  StreamCommand,
  StreamEvent,
  StreamFacts,
  StreamMessage,
  StreamProtocol,
} from '../../shared/stream.ts';
import { converse } from './conversation.ts';
import { clientMessage, PCMU, saidIn, serverMessage } from './messages.ts';

/** What a server may say besides: the protocol's business, not the audio's. */
const OTHERS = new Set(['opened', 'closed', 'disconnect', 'pause', 'pong', 'reconnect', 'resume', 'updated']);

/**
 * Genesys AudioHook, version 2, as the Audio Connector speaks it: audio in binary messages both ways, everything else as
 * JSON. Only text is numbered, and there is no mark. A stream is a session, a call is a conversation.
 *
 * @see https://github.com/purecloudlabs/audiohook-reference-implementation, app/audiohook/src/protocol/ (read 2026-11-21)
 * @see https://github.com/pipecat-ai/pipecat, src/pipecat/serializers/genesys.py (read 2026-11-21)
 */
export const stream: StreamProtocol = {
  opening: ['start'],
  subprotocol: null,
  clock: 'stream',
  decodeEvent,
  encodeEvent,
  decodeCommand,
  encodeCommand,
  converse,
};

function decodeEvent(message: StreamMessage): StreamEvent | null {
  if (typeof message !== 'string')
    return { type: 'media', sequence: 0, chunk: 0, timestamp: 0, audio: message };
  const frame = readFrame(message);
  const sequence = (): number => readWhole(frame.number('seq'));
  switch (frame.string('type')) {
    case 'open':
      return { type: 'start', sequence: sequence(), stream: factsIn(frame) };
    case 'dtmf':
      return { type: 'dtmf', sequence: sequence(), digit: frame.object('parameters').string('digit') };
    case 'close':
      return { type: 'stop', sequence: sequence() };
    case 'error': {
      const parameters = frame.object('parameters');
      return {
        type: 'error',
        code: `${readWhole(parameters.number('code'))}`,
        detail: parameters.string('message'),
      };
    }
    default:
      return null;
  }
}

function factsIn(frame: Fields): StreamFacts {
  const open = frame.object('parameters');
  const participant = open.has('participant') ? open.object('participant') : null;
  return {
    streamId: frame.string('id'),
    callId: open.string('conversationId'),
    accountId: open.string('organizationId'),
    from: partyIn(participant, 'ani'),
    to: partyIn(participant, 'dnis'),
    format: { encoding: 'mulaw', sampleRate: PCMU.rate },
    parameters: open.strings('inputVariables'),
  };
}

/** `+1-317-555-0100`, `tel:+13175550100` and the like as E.164; null for what is no party. */
function partyIn(participant: Fields | null, key: string): string | null {
  const text = participant?.has(key) ? participant.string(key).replace(/^tel:/, '') : '';
  const party = /^\+[0-9-]+$/.test(text) ? text.replaceAll('-', '') : text;
  return isParty(party) ? party : null;
}

function encodeEvent(event: StreamEvent, { streamId }: StreamFacts): StreamMessage | null {
  switch (event.type) {
    case 'start':
      return encodeStart(event.sequence, event.stream);
    case 'media':
      return event.audio;
    case 'dtmf':
      return clientMessage('dtmf', event.sequence, streamId, { digit: event.digit });
    case 'stop':
      return clientMessage('close', event.sequence, streamId, { reason: 'end' });
    case 'error':
      if (!/^(?:0|[1-9][0-9]{0,14})$/.test(event.code)) return null; // codes are numbers
      return clientMessage('error', 0, streamId, { code: Number(event.code), message: event.detail });
    case 'connected':
    case 'mark':
    case 'cleared':
      return null;
  }
}

function encodeStart(sequence: number, facts: StreamFacts): string | null {
  const { streamId, callId: conversationId, accountId: organizationId, from, to, format, parameters } = facts;
  if (format.encoding !== 'mulaw' || format.sampleRate !== PCMU.rate) return null;
  const participant = { id: conversationId, ani: from ?? '', aniName: '', dnis: to ?? '' };
  return clientMessage('open', sequence, streamId, {
    organizationId,
    conversationId,
    participant,
    media: [PCMU],
    language: 'en-US',
    inputVariables: parameters,
  });
}

function decodeCommand(message: StreamMessage): StreamCommand | null {
  if (typeof message !== 'string') return { type: 'media', audio: message };
  const frame = readFrame(message);
  const type = frame.string('type');
  if (type === 'event') return isBargeIn(message) ? { type: 'clear' } : null;
  if (OTHERS.has(type)) return null;
  throw new GatewayError('ERR_FRAME_INVALID', `Genesys takes audio, event, ${[...OTHERS].join(', ')}`);
}

function isBargeIn(message: string): boolean {
  const entities = saidIn(message)?.parameters['entities'];
  return (
    Array.isArray(entities) && entities.some((entity) => isRecord(entity) && entity['type'] === 'barge_in')
  );
}

function encodeCommand(command: StreamCommand, { streamId }: StreamFacts): StreamMessage | null {
  switch (command.type) {
    case 'media':
      return command.audio;
    case 'clear':
      return serverMessage('event', streamId, { entities: [{ type: 'barge_in', data: {} }] });
    case 'mark':
      return null;
  }
}
