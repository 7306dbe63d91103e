import { randomUUID } from 'node:crypto';
import type { CarrierDesk, DeskCommand } from '../../shared/carrier-desk.ts';
import { sameSecret } from '../../shared/compare.ts';
import type { Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';
import { parseFields, type Fields } from '../../shared/fields.ts';
import { json, type HttpResponse } from '../../shared/http.ts';
import { withPlus } from '../../shared/party.ts';
import type { Call } from '../../shared/provider.ts';
import { readSettings } from './settings.ts';

const GONE: HttpResponse = { status: 204, headers: {}, body: '' };

/** As https://docs.plivo.com/docs/voice/api/call/make-a-call has it (read 2026-11-21). Null without our variables. */
export function desk(env: Env): CarrierDesk | null {
  const settings = readSettings(env);
  if (!settings) return null;
  const { authId, authTokens } = settings;
  const authorization = `Basic ${Buffer.from(`${authId}:${authTokens[0]}`).toString('base64')}`;
  return {
    variables: (origin) => ({ PLIVO_API_URL: origin }),
    read({ method, url, headers, body }, newCall) {
      const [, account, callId] =
        /^\/v1\/Account\/([^/]+)\/Call\/(?:([^/]+)\/)?$/.exec(new URL(url).pathname) ?? [];
      if (account !== authId || !sameSecret(headers['authorization'] ?? '', authorization)) return null;
      if (callId !== undefined && method === 'DELETE') return { type: 'hangUp', callId, response: GONE };
      const fields = method === 'POST' ? fieldsIn(body) : null;
      if (!fields) return null;
      return callId === undefined ? place(fields, newCall) : redirect(callId, fields);
    },
  };
}

function place(fields: Fields, newCall: (from: string, to: string) => Call): DeskCommand | null {
  const [from, to, answerUrl] = ['from', 'to', 'answer_url'].map((name) => textIn(fields, name));
  if (from == null || to == null || answerUrl == null) return null;
  return {
    type: 'place',
    call: { ...newCall(withPlus(from), withPlus(to)), direction: 'outbound' },
    answerUrl,
    statusUrl: textIn(fields, 'hangup_url'),
    ringTimeout: fields.has('ring_timeout') ? fields.number('ring_timeout') : 120,
    response: json(201, { api_id: randomUUID(), message: 'call fired', request_uuid: randomUUID() }),
  };
}

function redirect(callId: string, fields: Fields): DeskCommand | null {
  const url = textIn(fields, 'aleg_url');
  const response = json(202, { api_id: randomUUID(), message: 'call transferred', call_uuids: [callId] });
  return url === null ? null : { type: 'redirect', callId, url, response };
}

function textIn(fields: Fields, name: string): string | null {
  return fields.has(name) ? fields.string(name) : null;
}

function fieldsIn(body: string): Fields | null {
  try {
    return parseFields(body, 'ERR_REQUEST_INVALID');
  } catch (error) {
    if (error instanceof GatewayError) return null;
    throw error;
  }
}
