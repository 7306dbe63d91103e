import { z } from 'zod';
import { GatewayError } from '../shared/errors.ts';
import type { HttpRequest } from '../shared/http.ts';
import type { StartRequest } from '../shared/start.ts';
import { membersOf } from '../shared/json-text.ts';
import { checkedMembers } from './checked.ts';
import { MAX_JSON_DEPTH } from './limits.ts';

const Text = z.string().min(1).max(256);

/** What a caller may say. Other members are ignored, as Pipecat Cloud does; `body` is read as text, not here. */
const Members = z.object({
  agent: Text.optional(),
  transport: Text.optional(),
  createDailyRoom: z.literal(false, 'this gateway has no Daily rooms: leave createDailyRoom out').optional(),
  call: z
    .object({
      id: Text,
      from: z.string().max(256),
      to: z.string().max(256),
      direction: z.enum(['inbound', 'outbound']),
    })
    .optional(),
});

/**
 * Reads the JSON of /start. An agent in the path wins over one in the body.
 * Throws ERR_REQUEST_INVALID with every wrong member named.
 */
export function readStartRequest(request: HttpRequest, agent: string | null): StartRequest {
  const { body: given, ...known } = Object.fromEntries(readMembers(request));
  const members = checkedMembers(Members, Object.entries(known));
  const { transport = 'websocket', call = null } = members;
  if (call && transport === 'websocket') throw invalid('call: needs a transport that names its provider');
  return {
    agent: agent ?? members.agent ?? null,
    transport,
    call,
    body: given === undefined || given === 'null' ? null : given,
  };
}

/** The members of a request in JSON, as text. Throws ERR_REQUEST_INVALID and ERR_TYPE_UNSUPPORTED. */
export function readMembers({ headers, body }: HttpRequest): ReadonlyMap<string, string> {
  checkContentType(headers['content-type']);
  const members = membersOf(body.trim() === '' ? '{}' : body, MAX_JSON_DEPTH);
  if (members) return members;
  throw invalid(
    `the request is not one JSON object with each member once, at most ${MAX_JSON_DEPTH} levels deep`,
  );
}

function checkContentType(type = ''): void {
  if (/^application\/json *(; *charset="?utf-8"?)? *$/i.test(type)) return;
  throw new GatewayError(
    'ERR_TYPE_UNSUPPORTED',
    'send the request as content-type application/json, in UTF-8',
  );
}

function invalid(message: string): GatewayError {
  return new GatewayError('ERR_REQUEST_INVALID', message);
}
