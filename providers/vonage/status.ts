import {
  callEventOf,
  instantOf,
  wholeOf,
  type CallEvent,
  type CallNotice,
  type CallWords,
} from '../../shared/call-status.ts';
import { parseFields, type Fields } from '../../shared/fields.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { Call } from '../../shared/provider.ts';
import { keyOf } from '../../shared/table.ts';
import { UUID } from '../../shared/uuid.ts';
import { causeFrom } from '../callbacks.ts';
import { CONVERSATION } from './call.ts';

const words: CallWords = {
  started: 'queued',
  ringing: 'ringing',
  answered: 'answered',
  completed: 'completed',
  busy: 'busy',
  timeout: 'no-answer',
  unanswered: 'no-answer',
  cancelled: 'canceled',
  rejected: 'failed',
  failed: 'failed',
};

/**
 * What Vonage posts to the event URL. Events of the stream's own leg have another `uuid`, so they are about a call that nobody
 * here knows; others (input, recordings) have no `status`.
 *
 * @see https://developer.vonage.com/voice/voice-api/webhook-reference (read 2026-11-21)
 */
export function readStatus({ method, body }: HttpRequest): CallNotice | null {
  if (method !== 'POST') return null;
  try {
    const fields = parseFields(body, 'ERR_REQUEST_INVALID');
    const callId = fields.string('uuid');
    if (!UUID.test(callId) || !CONVERSATION.test(fields.string('conversation_uuid'))) return null;
    return { callId, event: eventIn(fields) };
  } catch {
    return null;
  }
}

function eventIn(fields: Fields): CallEvent | null {
  const { status = '', timestamp, duration, reason = '', detail = '' } = fields.stringsBut([]);
  return callEventOf(words, status, { sentAt: instantOf(timestamp), sequence: null }, () => ({
    duration: wholeOf(duration),
    cause: causeFrom(words[status] === status ? '' : status, reason, detail),
  }));
}

/** What Vonage posts about an event, for the simulator. */
export function statusOf({ id }: Call, event: CallEvent): Record<string, string> {
  return {
    status: keyOf(words, event.type) ?? 'failed',
    uuid: id,
    conversation_uuid: `CON-${id}`,
    direction: 'inbound',
    ...(event.sentAt === null ? {} : { timestamp: new Date(event.sentAt).toISOString() }),
    ...('duration' in event && event.duration !== null ? { duration: `${event.duration}` } : {}),
  };
}
