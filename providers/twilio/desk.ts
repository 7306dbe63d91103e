import type { CarrierDesk, DeskCommand } from '../../shared/carrier-desk.ts';
import { basicAuth } from '../../shared/carrier-rest.ts';
import { sameSecret } from '../../shared/compare.ts';
import type { Env } from '../../shared/env.ts';
import { json, type HttpResponse } from '../../shared/http.ts';
import { readSettings } from './settings.ts';

/** As https://www.twilio.com/docs/voice/api/call-resource has it (read 2026-11-21). Null without our variables. */
export function desk(env: Env): CarrierDesk | null {
  const settings = readSettings(env);
  if (!settings) return null;
  const { accountSid, authTokens } = settings;
  const authorization = basicAuth(accountSid, authTokens[0]);
  return {
    variables: (origin) => ({ TWILIO_API_URL: origin }),
    read({ method, url, headers, body }, newCall) {
      const path = /^\/2010-04-01\/Accounts\/([^/]+)\/Calls(?:\/([^/]+))?\.json$/.exec(new URL(url).pathname);
      const [, account, callId] = path ?? [];
      if (method !== 'POST' || account !== accountSid) return null;
      if (!sameSecret(headers['authorization'] ?? '', authorization)) return null;
      const form = new URLSearchParams(body);
      const about = { account_sid: accountSid, api_version: '2010-04-01' };
      if (callId !== undefined) return update(callId, form, json(200, { ...about, sid: callId }));
      const answerUrl = form.get('Url');
      const [from, to] = [form.get('From'), form.get('To')];
      if (answerUrl === null || from === null || to === null) return null;
      const call = { ...newCall(from, to), direction: 'outbound' } as const;
      return {
        type: 'place',
        call,
        answerUrl,
        statusUrl: form.get('StatusCallback'),
        ringTimeout: Number(form.get('Timeout') ?? 60),
        response: json(201, {
          ...about,
          sid: call.id,
          from,
          to,
          status: 'queued',
          direction: 'outbound-api',
        }),
      };
    },
  };
}

function update(callId: string, form: URLSearchParams, response: HttpResponse): DeskCommand | null {
  const url = form.get('Url');
  if (url !== null) return { type: 'redirect', callId, url, response };
  return form.get('Status') === 'completed' ? { type: 'hangUp', callId, response } : null;
}
