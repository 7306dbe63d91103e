import { randomUUID } from 'node:crypto';
import type { CarrierDesk, DeskCommand } from '../../shared/carrier-desk.ts';
import { basicAuth } from '../../shared/carrier-rest.ts';
import { sameSecret } from '../../shared/compare.ts';
import type { Env } from '../../shared/env.ts';
import { fieldsIn, type Fields } from '../../shared/fields.ts';
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
  const authorization = basicAuth(authId, authTokens[0]);
  return {
    variables: (origin) => ({ PLIVO_API_URL: origin }),
    read({ method, url, headers, body }, newCall) {
      const [, account, callId, action] =
        /^\/v1\/Account\/([^/]+)\/Call\/(?:([^/]+)\/(?:(DTMF|Speak|Play)\/)?)?$/.exec(
          new URL(url).pathname,
        ) ?? [];
      if (account !== authId || !sameSecret(headers['authorization'] ?? '', authorization)) return null;
      if (callId !== undefined && action === undefined && method === 'DELETE')
        return { type: 'hangUp', callId, response: GONE };
      const fields = method === 'POST' ? fieldsIn(body) : null;
      if (!fields) return null;
      if (callId === undefined) return place(fields, newCall);
      return action === undefined ? redirect(callId, fields) : heard(callId, fields);
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

function heard(callId: string, fields: Fields): DeskCommand | null {
  const [digits, text, url] = ['digits', 'text', 'urls'].map((name) => textIn(fields, name));
  const what = digits ? `digits ${digits}` : text ? `"${text}"` : url;
  const response = json(202, { api_id: randomUUID(), message: 'started' });
  return what ? { type: 'heard', callId, what, response } : null;
}

function textIn(fields: Fields, name: string): string | null {
  return fields.has(name) ? fields.string(name) : null;
}
