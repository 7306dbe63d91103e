import type { CallNotice, StreamFault } from '../../shared/call-status.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { readStreamStatus as readPlivos } from '../plivo/status.ts';

const meanings: Readonly<Record<StreamFault['type'], string>> = {
  'stream-error': 'Vobiz could not open the WebSocket, or lost it',
  'stream-degraded': 'the WebSocket is read too slowly: what Vobiz buffers is filling up',
};

/**
 * `statusCallbackUrl` of `<Stream>`: the events are Plivo's, and `StopStream` comes only when the bot stopped the stream.
 *
 * @see https://docs.vobiz.ai/xml/stream (read 2026-11-21)
 */
export function readStreamStatus(request: HttpRequest): CallNotice | null {
  const notice = readPlivos(request);
  const event = notice?.event;
  if (!event || !('said' in event)) return notice;
  return { ...notice, event: { ...event, meaning: meanings[event.type] } };
}
