import { isRecord } from '../../shared/fields.ts';
import { jsonIn } from '../../shared/json-text.ts';
import type { Conversation, StreamMessage } from '../../shared/stream.ts';
import { clientMessage, PCMU, saidIn, serverMessage, type Said } from './messages.ts';

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
      const said = saidIn(message);
      if (!said) return [];
      serverseq = said.seq;
      if (said.type === 'opened') isOpen = true;
      if (said.type !== 'disconnect') return [];
      return [send(clientMessage('close', 0, said.id, { reason: 'disconnect' }))].filter(
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
      const said = saidIn(message);
      if (!said) return [];
      clientseq = said.seq;
      const answer = answerTo(said);
      return answer === null ? [] : [send(answer)];
    },
  };
}

function answerTo({ type, id, parameters }: Said): string | null {
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

function renumbered(message: string, numbers: Readonly<Record<string, unknown>>): string {
  const members = jsonIn(message);
  return JSON.stringify({ ...(isRecord(members) ? members : {}), ...numbers });
}
