import { formOf } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { Call } from '../../shared/provider.ts';
import { readCall as readPlivos } from '../plivo/call.ts';

/**
 * One call that wants a document, or null. An application without a hangup URL reports the end of a call where calls come in:
 * nobody is to be connected then.
 *
 * @see https://docs.vobiz.ai/concepts/callbacks (read 2026-11-21)
 */
export function readCall(request: HttpRequest): Call | null {
  const event = formOf(request)?.get('Event');
  return event === 'Hangup' ? null : readPlivos(request);
}
