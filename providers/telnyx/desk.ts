import type { CarrierDesk, DeskCommand } from '../../shared/carrier-desk.ts';
import { sameSecret } from '../../shared/compare.ts';
import type { Env } from '../../shared/env.ts';
import { isRecord } from '../../shared/fields.ts';
import { json } from '../../shared/http.ts';
import { jsonIn } from '../../shared/json-text.ts';
import type { Call } from '../../shared/provider.ts';
import { readSettings } from './settings.ts';

/**
 * As https://developers.telnyx.com/api-reference/texml-rest-commands/initiate-an-outbound-call has it (read 2026-11-21).
 * Null without our variables.
 */
export function desk(env: Env): CarrierDesk | null {
  const settings = readSettings(env);
  if (!settings) return null;
  const authorization = `Bearer ${settings.apiKeys[0]}`;
  return {
    variables: (origin) => ({
      TELNYX_API_URL: origin,
      TELNYX_ACCOUNT_SID: 'simulated',
      TELNYX_APPLICATION_ID: 'simulated',
    }),
    read({ method, url, headers, body }, newCall) {
      if (method !== 'POST' || !sameSecret(headers['authorization'] ?? '', authorization)) return null;
      const { pathname } = new URL(url);
      const [, live, action] = /^\/calls\/([^/]+)\/actions\/([a-z_]+)$/.exec(pathname) ?? [];
      if (live !== undefined) return act(decodeURIComponent(live), action, jsonIn(body));
      const [path, id] = /^\/texml\/Accounts\/[^/]+\/Calls(?:\/([^/]+))?$/.exec(pathname) ?? [];
      if (path === undefined) return null;
      if (id !== undefined) {
        const callId = decodeURIComponent(id);
        const redirect = new URLSearchParams(body).get('Url');
        return redirect === null
          ? null
          : { type: 'redirect', callId, url: redirect, response: json(200, { sid: callId }) };
      }
      const members = jsonIn(body);
      return isRecord(members) ? place(members, newCall) : null;
    },
  };
}

function act(callId: string, action: string | undefined, members: unknown): DeskCommand | null {
  const response = json(200, { data: { result: 'ok' } });
  if (action === 'hangup') return { type: 'hangUp', callId, response };
  if (!isRecord(members)) return null;
  const { digits, payload, audio_url: url } = members;
  const what = {
    send_dtmf: `digits ${String(digits)}`,
    speak: `"${String(payload)}"`,
    playback_start: String(url),
  };
  const heard = Object.entries(what).find(([name]) => name === action)?.[1];
  return heard === undefined ? null : { type: 'heard', callId, what: heard, response };
}

function place(
  members: Readonly<Record<string, unknown>>,
  newCall: (from: string, to: string) => Call,
): DeskCommand | null {
  const { From: from, To: to, Url: answerUrl, StatusCallback: statusUrl, Timeout: timeout } = members;
  if (typeof from !== 'string' || typeof to !== 'string' || typeof answerUrl !== 'string') return null;
  const call = { ...newCall(from, to), direction: 'outbound' } as const;
  return {
    type: 'place',
    call,
    answerUrl,
    statusUrl: typeof statusUrl === 'string' ? statusUrl : null,
    ringTimeout: typeof timeout === 'number' ? timeout : 30,
    response: json(200, { from, to, status: 'queued', call_sid: call.id }),
  };
}
