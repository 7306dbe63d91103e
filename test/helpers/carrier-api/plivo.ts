import { randomUUID } from 'node:crypto';
import type { Env } from '../../../shared/env.ts';
import { plivoOperations } from './plivo-operations.ts';
import { apiServer, type ApiServer } from './server.ts';

type Thing = Record<string, unknown>;

/** Plivo's REST API with an account of ours, which has what is put into these maps. */
export interface PlivoApi extends ApiServer {
  /** By CallUUID: `call_status`, and the last `legs` it was told. */
  readonly calls: Map<string, Thing>;
  /** By number, without "+". */
  readonly numbers: Map<string, Thing>;
  /** By `app_id`. */
  readonly applications: Map<string, Thing>;
  /** A number of the account. `application`: its id. */
  addNumber(phoneNumber: string, application?: string | null): void;
  /** Returns its id. */
  addApplication(settings: Thing): string;
  /** A call that is on. Returns its CallUUID. */
  addCall(settings?: Thing): string;
}

const ACCOUNT = '/v1/Account/{auth_id}';

/** `env`: PLIVO_AUTH_ID and PLIVO_AUTH_TOKEN of the account; of two tokens the first counts. */
export async function plivoApi(env: Env): Promise<PlivoApi> {
  const authId = env['PLIVO_AUTH_ID'] ?? '';
  const [token = ''] = (env['PLIVO_AUTH_TOKEN'] ?? '').split(',');
  const calls = new Map<string, Thing>();
  const numbers = new Map<string, Thing>();
  const applications = new Map<string, Thing>();
  const uriOf = (kind: string, id: string): string => `/v1/Account/${authId}/${kind}/${id}/`;
  const done = (message: string): Thing => ({ api_id: randomUUID(), message });
  const live = (id = ''): Thing | undefined =>
    calls.get(id)?.['call_status'] === 'completed' ? undefined : calls.get(id);
  const told = (id: string | undefined, message: string, body: Thing): Thing | null => {
    const call = live(id);
    return call ? (Object.assign(call, body), done(message)) : null;
  };
  const addCall = (settings: Thing = {}): string => {
    const id = randomUUID();
    calls.set(id, { api_id: randomUUID(), call_uuid: id, call_status: 'in-progress', ...settings });
    return id;
  };
  const addApplication = (settings: Thing): string => {
    const id = String(10_000_000_000_000_000n + BigInt(applications.size));
    const defaults = {
      answer_method: 'POST',
      hangup_method: 'POST',
      fallback_method: 'POST',
      fallback_answer_url: '',
    };
    const members = { app_id: id, enabled: true, sub_account: null, resource_uri: uriOf('Application', id) };
    applications.set(id, { ...defaults, hangup_url: settings['answer_url'] ?? '', ...members, ...settings });
    return id;
  };
  const list = (
    all: ReadonlyMap<string, Thing>,
    keep: (one: Thing) => boolean,
    query: Readonly<Record<string, string>>,
  ): Thing => {
    const limit = Number(query['limit'] ?? 20);
    const offset = Number(query['offset'] ?? 0);
    const found = [...all.values()].filter(keep);
    const meta = { limit, offset, total_count: found.length, next: null, previous: null };
    return { api_id: randomUUID(), meta, objects: found.slice(offset, offset + Math.min(limit, 20)) };
  };

  const server = await apiServer({
    operations: plivoOperations,
    authorization: `Basic ${Buffer.from(`${authId}:${token}`).toString('base64')}`,
    unauthorized: {
      status: 401,
      body: 'Could not verify your access level for that URL.\nYou have to login with proper credentials',
    },
    refused: (status, faults) => ({ status, body: { api_id: randomUUID(), error: faults.join('; ') } }),
    handlers: {
      [`POST ${ACCOUNT}/Call/`]: ({ body }) => {
        const request_uuid = addCall({ from: body['from'], to: body['to'], call_status: 'ringing' });
        return { ...done('call fired'), request_uuid };
      },
      [`GET ${ACCOUNT}/Call/{call_uuid}/`]: ({ places }) => live(places['call_uuid']),
      [`POST ${ACCOUNT}/Call/{call_uuid}/`]: ({ places, body }) =>
        told(places['call_uuid'], 'call transferred', body),
      [`DELETE ${ACCOUNT}/Call/{call_uuid}/`]: ({ places }) =>
        told(places['call_uuid'], '', { call_status: 'completed' }),
      [`POST ${ACCOUNT}/Call/{call_uuid}/Speak/`]: ({ places, body }) =>
        told(places['call_uuid'], 'speak started', { spoken: body['text'] }),
      [`POST ${ACCOUNT}/Call/{call_uuid}/Play/`]: ({ places, body }) =>
        told(places['call_uuid'], 'play started', { played: body['urls'] }),
      [`POST ${ACCOUNT}/Call/{call_uuid}/DTMF/`]: ({ places, body }) =>
        told(places['call_uuid'], 'digits sent', { digits: body['digits'] }),
      [`GET ${ACCOUNT}/Number/`]: ({ query }) =>
        list(numbers, ({ number }) => String(number).startsWith(query['number_startswith'] ?? ''), query),
      [`GET ${ACCOUNT}/Number/{number}/`]: ({ places }) => numbers.get(places['number'] ?? ''),
      [`POST ${ACCOUNT}/Number/{number}/`]: ({ places, body: { app_id, alias } }) => {
        const number = numbers.get(places['number'] ?? '');
        if (!number || (typeof app_id === 'string' && !applications.has(app_id))) return null;
        if (typeof app_id === 'string') number['application'] = uriOf('Application', app_id);
        if (alias !== undefined) number['alias'] = alias;
        return done('changed');
      },
      [`GET ${ACCOUNT}/Application/`]: ({ query }) => list(applications, () => true, query),
      [`POST ${ACCOUNT}/Application/`]: ({ body }) => ({ ...done('created'), app_id: addApplication(body) }),
      [`GET ${ACCOUNT}/Application/{app_id}/`]: ({ places }) => applications.get(places['app_id'] ?? ''),
      [`POST ${ACCOUNT}/Application/{app_id}/`]: ({ places, body }) => {
        const found = applications.get(places['app_id'] ?? '');
        return found ? (Object.assign(found, body), done('changed')) : null;
      },
    },
  });
  return Object.assign(server, {
    calls,
    numbers,
    applications,
    addCall,
    addApplication,
    addNumber(phoneNumber: string, application: string | null = null) {
      const number = phoneNumber.replace('+', '');
      numbers.set(number, {
        number,
        alias: null,
        application: application === null ? null : uriOf('Application', application),
        resource_uri: uriOf('Number', number),
        sub_account: null,
        voice_enabled: true,
        active: true,
      });
    },
  });
}
