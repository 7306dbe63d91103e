import { randomBytes } from 'node:crypto';
import type { Env } from '../../../shared/env.ts';
import { apiServer, type ApiAnswer, type ApiServer, type Personality } from './server.ts';
import { twilioMembers, twilioOperations } from './twilio-operations.ts';

type Thing = Record<string, unknown>;

/** Twilio's REST API with an account of ours, which has what is put into these maps. */
export interface TwilioApi extends ApiServer {
  /** By SID. Members are those of the answers: `phone_number`, `voice_url`, `status`, … */
  readonly calls: Map<string, Thing>;
  readonly numbers: Map<string, Thing>;
  readonly applications: Map<string, Thing>;
  /** A number of the account. Returns its SID. */
  addNumber(phoneNumber: string, settings?: Thing): string;
  /** A call that is on. Returns its SID. */
  addCall(settings?: Thing): string;
}

const ACCOUNT = '/2010-04-01/Accounts/{AccountSid}';

/** `env`: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN of the account; of two tokens the first counts. */
export async function twilioApi(env: Env): Promise<TwilioApi> {
  const accountSid = env['TWILIO_ACCOUNT_SID'] ?? '';
  const [token = ''] = (env['TWILIO_AUTH_TOKEN'] ?? '').split(',');
  const calls = new Map<string, Thing>();
  const numbers = new Map<string, Thing>();
  const applications = new Map<string, Thing>();
  const thing = (kind: keyof typeof twilioMembers, members: Thing): Thing => ({
    ...Object.fromEntries(twilioMembers[kind].map((name) => [name, null])),
    account_sid: accountSid,
    api_version: '2010-04-01',
    ...members,
  });
  const addCall = (settings: Thing = {}): string => {
    const sid = newSid('CA');
    calls.set(sid, thing('call', { sid, status: 'in-progress', direction: 'outbound-api', ...settings }));
    return sid;
  };

  const server = await apiServer({
    operations: twilioOperations,
    authorization: `Basic ${Buffer.from(`${accountSid}:${token}`).toString('base64')}`,
    unauthorized: { status: 401, body: failure(401, 20003, 'Authenticate') },
    refused: (status, faults) => ({
      status,
      body: failure(status, status === 404 ? 20404 : 21200, faults.join('; ')),
    }),
    handlers: {
      [`POST ${ACCOUNT}/Calls.json`]: ({ body }) =>
        'Url' in body || 'Twiml' in body || 'ApplicationSid' in body
          ? calls.get(addCall({ to: body['To'], from: body['From'], status: 'queued' }))
          : refusal(400, 21205, 'Url parameter is required'),
      [`GET ${ACCOUNT}/Calls/{Sid}.json`]: ({ places }) => calls.get(places['Sid'] ?? ''),
      [`POST ${ACCOUNT}/Calls/{Sid}.json`]: ({ places, body }) =>
        updateCall(calls.get(places['Sid'] ?? ''), body),
      [`GET ${ACCOUNT}/IncomingPhoneNumbers.json`]: ({ query, path }) => page(numbers, query, path),
      ...ofMap('IncomingPhoneNumbers', numbers),
      ...ofMap('Applications', applications),
    },
  });
  return Object.assign(server, {
    calls,
    numbers,
    applications,
    addCall,
    addNumber(phoneNumber: string, settings: Thing = {}) {
      const sid = newSid('PN');
      const methods = { voice_method: 'POST', voice_fallback_method: 'POST', status_callback_method: 'POST' };
      const urls = { voice_url: '', voice_fallback_url: '', status_callback: '' };
      const members = { ...urls, ...methods, voice_receive_mode: 'voice', ...settings };
      numbers.set(
        sid,
        thing('number', { sid, phone_number: phoneNumber, friendly_name: phoneNumber, ...members }),
      );
      return sid;
    },
  });
}

function ofMap(name: string, map: ReadonlyMap<string, Thing>): Personality['handlers'] {
  return {
    [`GET ${ACCOUNT}/${name}/{Sid}.json`]: ({ places }) => map.get(places['Sid'] ?? ''),
    [`POST ${ACCOUNT}/${name}/{Sid}.json`]: ({ places, body }) => {
      const found = map.get(places['Sid'] ?? '');
      return found && Object.assign(found, Object.fromEntries(Object.entries(body).map(asMember)));
    },
  };
}

/** `VoiceUrl` is answered as `voice_url`; an empty SID takes it away. */
function asMember([name, value]: [string, unknown]): [string, unknown] {
  const member = name.replaceAll(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
  return [member, member.endsWith('_sid') && value === '' ? null : value];
}

function updateCall(call: Thing | undefined, body: Thing): unknown {
  const ended = ['completed', 'canceled', 'busy', 'failed', 'no-answer'];
  if (!call || ended.includes(String(call['status']))) return null;
  if ('Url' in body && 'Twiml' in body) return refusal(400, 21218, 'Url and Twiml exclude each other');
  if (typeof body['Status'] === 'string') call['status'] = body['Status'];
  return call;
}

/** Twilio's pages hold 50 when not asked for more. */
function page(
  numbers: ReadonlyMap<string, Thing>,
  query: Readonly<Record<string, string>>,
  path: string,
): Thing {
  const size = Number(query['PageSize'] ?? 50);
  const number = Number(query['Page'] ?? 0);
  const wanted = query['PhoneNumber'];
  const all = [...numbers.values()].filter(
    (one) => typeof wanted !== 'string' || String(one['phone_number']).includes(wanted),
  );
  const uriOf = (index: number): string => {
    const kept = typeof wanted === 'string' ? { PhoneNumber: wanted } : {};
    return `${path}?${String(new URLSearchParams({ ...kept, PageSize: String(size), Page: String(index) }))}`;
  };
  const shown = all.slice(number * size, (number + 1) * size);
  return {
    page: number,
    page_size: size,
    start: number * size,
    end: number * size + Math.max(0, shown.length - 1),
    uri: uriOf(number),
    first_page_uri: uriOf(0),
    previous_page_uri: number > 0 ? uriOf(number - 1) : null,
    next_page_uri: (number + 1) * size < all.length ? uriOf(number + 1) : null,
    incoming_phone_numbers: shown,
  };
}

function refusal(status: number, code: number, message: string): ApiAnswer {
  return { status, body: failure(status, code, message) };
}

function failure(status: number, code: number, message: string): Thing {
  return { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
}

function newSid(prefix: string): string {
  return prefix + randomBytes(16).toString('hex');
}
