import {
  callEventOf,
  toldText,
  type CallEvent,
  type CallNotice,
  type CallWords,
} from '../../shared/call-status.ts';
import { parseFields, type Fields } from '../../shared/fields.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { keyOf } from '../../shared/table.ts';
import { UUID } from '../../shared/uuid.ts';

const words: CallWords = {
  trying: 'queued',
  ringing: 'ringing',
  'early-media': 'ringing',
  'in-progress': 'answered',
  completed: 'completed',
  busy: 'busy',
  'no-answer': 'no-answer',
  failed: 'failed',
};

/** SIP's word for a caller who hung up before an answer: Jambonz calls it failed. RFC 3261 §21.4.25. */
const CANCELLED = 487;

/**
 * What Jambonz posts to the call status webhook. It dates nothing.
 *
 * @see https://github.com/jambonz/jambonz-fern-config/blob/a89eebffbf317cb41093d2b8e22822c2528e02ba/fern/docs/pages/reference/webhook-overview.md (read 2026-11-21)
 */
export function readStatus({ method, body }: HttpRequest, accountSid: string): CallNotice | null {
  if (method !== 'POST') return null;
  try {
    const fields = parseFields(body, 'ERR_REQUEST_INVALID');
    const callId = fields.string('call_sid');
    if (!UUID.test(callId) || fields.string('account_sid') !== accountSid) return null;
    return { callId, event: eventIn(fields) };
  } catch {
    return null;
  }
}

function eventIn(fields: Fields): CallEvent | null {
  const { call_status: status = '', sip_reason: reason = '' } = fields.stringsBut([]);
  const event = callEventOf(words, status, { sentAt: null, sequence: null }, () => {
    const sip = numberIn(fields, 'sip_status');
    const cause = toldText([sip === null ? '' : `SIP ${sip}`, reason].filter(Boolean).join(' ')) || null;
    return { duration: numberIn(fields, 'duration'), cause };
  });
  const isCancelled = event?.type === 'failed' && numberIn(fields, 'sip_status') === CANCELLED;
  return isCancelled ? { ...event, type: 'canceled' } : event;
}

/** A whole number; null for none. */
function numberIn(fields: Fields, name: string): number | null {
  const value = fields.has(name) ? fields.number(name) : null;
  return value !== null && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** What Jambonz says about an event besides the attributes of its call, for the simulator. */
export function statusOf(event: CallEvent): Record<string, unknown> {
  const type = event.type === 'canceled' ? 'failed' : event.type;
  return {
    call_status: keyOf(words, type) ?? 'failed',
    ...(event.type === 'canceled' ? { sip_status: CANCELLED, sip_reason: 'Request Terminated' } : {}),
    ...(event.type === 'answered' || event.type === 'completed' ? { sip_status: 200, sip_reason: 'OK' } : {}),
    ...('duration' in event && event.duration !== null ? { duration: event.duration } : {}),
  };
}
