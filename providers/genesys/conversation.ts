import { isRecord } from '../../shared/fields.ts';
import type { Conversation, StreamMessage } from '../../shared/stream.ts';
import { clientMessage, PCMU, peek, serverMessage } from './messages.ts';

/**
 * Who talks AudioHook numbers its text messages from 1 without a gap, says which of the other's it has seen, and answers:
 * Genesys sends no audio before `opened`, and gives up after 5 s without it.
 *
 * @see https://github.com/purecloudlabs/audiohook-reference-implementation, app/audiohook/src/ (read 2026-11-21)
 */
export function converse(end: 'carrier' | 'bot'): Conversation {
  return end === 'carrier' ? client() : server();
}

/** Genesys' end. */
function client(): Conversation {
  let seq = 0;
  let serverseq = 0;
  let bytes = 0;
  let isOpen = false;

  function send(message: StreamMessage): StreamMessage | null {
    if (typeof message !== 'string') {
      if (!isOpen) return null;
      bytes += message.length;
      return message;
    }
    seq += 1;
    return renumbered(message, { seq, serverseq, position: `PT${bytes / PCMU.rate}S` });
  }

  return {
    send,
    hear(message) {
      const heard = peek(message);
      if (!heard) return [];
      serverseq = numberOf(message);
      if (heard.type === 'opened') isOpen = true;
      if (heard.type !== 'disconnect') return [];
      const id = heard.frame.string('id');
      return [send(clientMessage('close', 0, id, { reason: 'disconnect' }))].filter(
        (answer) => answer !== null,
      );
    },
  };
}

/** The bot's end. */
function server(): Conversation {
  let seq = 0;
  let clientseq = 0;

  function send(message: StreamMessage): StreamMessage {
    if (typeof message !== 'string') return message;
    seq += 1;
    return renumbered(message, { seq, clientseq });
  }

  return {
    send,
    hear(message) {
      const heard = peek(message);
      if (!heard) return [];
      clientseq = numberOf(message);
      const answer = answerTo(heard.type, message);
      return answer === null ? [] : [send(answer)];
    },
  };
}

function answerTo(type: string, message: StreamMessage): string | null {
  const { id, parameters } = partsOf(message);
  switch (type) {
    case 'open':
      return offers(parameters['media'])
        ? serverMessage('opened', id, { startPaused: false, media: [PCMU] })
        : serverMessage('disconnect', id, {
            reason: 'error',
            info: 'only PCMU of the external channel is spoken',
          });
    case 'ping':
      return serverMessage('pong', id, {});
    case 'update':
      return serverMessage('updated', id, {});
    case 'close':
      return serverMessage('closed', id, {});
    default:
      return null;
  }
}

/** Is the one format that is spoken here among those to choose from? */
function offers(media: unknown): boolean {
  const wanted = JSON.stringify(PCMU.channels);
  return (
    Array.isArray(media) &&
    media.some(
      (entry) =>
        isRecord(entry) &&
        entry['format'] === PCMU.format &&
        entry['rate'] === PCMU.rate &&
        JSON.stringify(entry['channels']) === wanted,
    )
  );
}

function partsOf(message: StreamMessage): { id: string; parameters: Readonly<Record<string, unknown>> } {
  const { id, parameters } = membersOf(message);
  return { id: typeof id === 'string' ? id : '', parameters: isRecord(parameters) ? parameters : {} };
}

/** `seq` of a message; 0 when it is none. */
function numberOf(message: StreamMessage): number {
  const { seq } = membersOf(message);
  return typeof seq === 'number' ? seq : 0;
}

function renumbered(message: string, numbers: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...membersOf(message), ...numbers });
}

/** Of a message that was found to be an object before. */
function membersOf(message: StreamMessage): Readonly<Record<string, unknown>> {
  const value: unknown = typeof message === 'string' ? JSON.parse(message) : null;
  return isRecord(value) ? value : {};
}
