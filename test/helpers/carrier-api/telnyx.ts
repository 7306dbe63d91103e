import { randomUUID } from 'node:crypto';
import type { Env } from '../../../shared/env.ts';
import { apiServer, type ApiAnswer, type ApiServer } from './server.ts';
import { telnyxOperations } from './telnyx-operations.ts';

type Thing = Record<string, unknown>;
type Query = Readonly<Record<string, string>>;

/** Telnyx's REST API with an account of ours, which has what is put into these maps. */
export interface TelnyxApi extends ApiServer {
  /** By `call_control_id`, which is the CallSid of TeXML too. `is_alive` is false once a call has ended. */
  readonly calls: Map<string, Thing>;
  /** By id. */
  readonly numbers: Map<string, Thing>;
  /** TeXML applications, by id, which is the `connection_id` of their numbers. */
  readonly applications: Map<string, Thing>;
  /** A number of the account. Returns its id. */
  addNumber(phoneNumber: string, settings?: Thing): string;
  /** Returns its id. */
  addApplication(settings: Thing): string;
  /** A call that is on. Returns its call control id. */
  addCall(settings?: Thing): string;
}

/** "Already ended": HTTP 422 with this code. */
const CALL_ENDED = '90018';

/** `env`: TELNYX_API_KEY of the account. */
export async function telnyxApi(env: Env): Promise<TelnyxApi> {
  const calls = new Map<string, Thing>();
  const numbers = new Map<string, Thing>();
  const applications = new Map<string, Thing>();
  const addCall = (settings: Thing = {}): string => {
    const id = `v3:${randomUUID()}`;
    const ids = { call_control_id: id, call_leg_id: randomUUID(), call_session_id: randomUUID() };
    calls.set(id, { ...ids, is_alive: true, record_type: 'call', ...settings });
    return id;
  };
  const addApplication = (settings: Thing): string => {
    const id = String(1_000_000_000_000_000_000n + BigInt(applications.size));
    const defaults = { active: true, voice_method: 'post', voice_fallback_url: '', status_callback: '' };
    const more = { status_callback_method: 'post', record_type: 'texml_application' };
    applications.set(id, { id, ...defaults, ...more, ...settings });
    return id;
  };
  const command =
    (done: (call: Thing, body: Thing) => void) =>
    ({ places, body }: { readonly places: Thing; readonly body: Thing }): unknown => {
      const call = calls.get(String(places['call_control_id']));
      if (!call) return null;
      if (call['is_alive'] !== true) return ended;
      done(call, body);
      return { data: { result: 'ok' } };
    };
  const texmlCall = (places: Thing): Thing | undefined => calls.get(String(places['call_sid']));

  const server = await apiServer({
    operations: telnyxOperations,
    authorization: `Bearer ${env['TELNYX_API_KEY']?.split(',')[0] ?? ''}`,
    unauthorized: failure(
      401,
      '10009',
      'Authentication failed',
      'Could not understand the provided credentials.',
    ),
    refused: (status, faults) =>
      failure(
        status,
        status === 404 ? '10005' : '10015',
        status === 404 ? 'Resource not found' : 'Bad Request',
        faults.join('; '),
      ),
    handlers: {
      'POST /v2/calls': ({ body }) => ({ data: calls.get(addCall({ from: body['from'], to: body['to'] })) }),
      'GET /v2/calls/{call_control_id}': ({ places }) => wrapped(calls.get(places['call_control_id'] ?? '')),
      'POST /v2/calls/{call_control_id}/actions/hangup': command((call) => void (call['is_alive'] = false)),
      'POST /v2/calls/{call_control_id}/actions/transfer': command(
        (call, { to }) => void (call['transferred'] = to),
      ),
      'POST /v2/calls/{call_control_id}/actions/send_dtmf': command(
        (call, body) => void (call['digits'] = body['digits']),
      ),
      'POST /v2/calls/{call_control_id}/actions/speak': command(
        (call, body) => void (call['spoken'] = body['payload']),
      ),
      'POST /v2/calls/{call_control_id}/actions/playback_start': command(
        (call, body) => void (call['played'] = body['audio_url']),
      ),
      'POST /v2/texml/Accounts/{account_sid}/Calls': ({ body: { From, To } }) => {
        const sid = addCall({ from: From, to: To });
        return { from: From, to: To, status: 'queued', call_sid: sid };
      },
      'GET /v2/texml/Accounts/{account_sid}/Calls/{call_sid}': ({ places }) => asTexml(texmlCall(places)),
      'POST /v2/texml/Accounts/{account_sid}/Calls/{call_sid}': ({ places, body }) => {
        const call = texmlCall(places);
        if (!call) return null;
        if (call['is_alive'] !== true) return ended;
        if (body['Status'] === 'completed') call['is_alive'] = false;
        return asTexml(Object.assign(call, { document: body['Texml'] ?? body['Url'] }));
      },
      'GET /v2/phone_numbers': ({ query }) => {
        const wanted = query['filter[phone_number]'];
        return page(numbers, (one) => wanted === undefined || one['phone_number'] === wanted, query);
      },
      'GET /v2/phone_numbers/{id}': ({ places }) => wrapped(numbers.get(places['id'] ?? '')),
      'PATCH /v2/phone_numbers/{id}': ({ places, body }) => {
        const found = numbers.get(places['id'] ?? '');
        const { connection_id: connection } = body;
        if (typeof connection === 'string' && connection !== '' && !applications.has(connection)) return null;
        const taken = connection === '' ? { connection_id: null } : {};
        return found && wrapped(Object.assign(found, body, taken));
      },
      'GET /v2/texml_applications': ({ query }) => page(applications, named(query), query),
      'POST /v2/texml_applications': ({ body }) => wrapped(applications.get(addApplication(body))),
      'GET /v2/texml_applications/{id}': ({ places }) => wrapped(applications.get(places['id'] ?? '')),
      'PATCH /v2/texml_applications/{id}': ({ places, body }) => {
        const found = applications.get(places['id'] ?? '');
        return found && wrapped(Object.assign(found, body));
      },
    },
  });
  return Object.assign(server, {
    calls,
    numbers,
    applications,
    addCall,
    addApplication,
    addNumber(phoneNumber: string, settings: Thing = {}) {
      const id = String(2_000_000_000_000_000_000n + BigInt(numbers.size));
      const members = {
        phone_number: phoneNumber,
        status: 'active',
        record_type: 'phone_number',
        connection_id: null,
      };
      const required = { country_iso_alpha2: 'US', external_pin: null, phone_number_type: 'local', tags: [] };
      numbers.set(id, { id, ...members, ...required, ...settings });
      return id;
    },
  });
}

function wrapped(thing: Thing | undefined): Thing | null {
  return thing ? { data: thing } : null;
}

function asTexml(call: Thing | undefined): Thing | null {
  if (!call) return null;
  return { sid: call['call_control_id'], status: call['is_alive'] === true ? 'in-progress' : 'completed' };
}

function named(query: Query): (one: Thing) => boolean {
  const wanted = query['filter[friendly_name]'];
  return ({ friendly_name: name }) => wanted === undefined || String(name).includes(wanted);
}

function page(all: ReadonlyMap<string, Thing>, keep: (one: Thing) => boolean, query: Query): Thing {
  const size = Number(query['page[size]'] ?? 20);
  const number = Number(query['page[number]'] ?? 1);
  const found = [...all.values()].filter(keep);
  const counts = { total_pages: Math.max(1, Math.ceil(found.length / size)), total_results: found.length };
  const meta = { ...counts, page_number: number, page_size: size };
  return { data: found.slice((number - 1) * size, number * size), meta };
}

function failure(status: number, code: string, title: string, detail: string): ApiAnswer {
  return { status, body: { errors: [{ code, title, detail }] } };
}

const ended = failure(422, CALL_ENDED, 'Call has already ended', 'This call is no longer active.');
