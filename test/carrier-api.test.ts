import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plivoApi, telnyxApi, twilioApi, type ApiServer } from './helpers/carrier-api/index.ts';
import { moduleOf } from './helpers/carriers.ts';

const twilioEnv = moduleOf('twilio').inventCredentials();
const plivoEnv = moduleOf('plivo').inventCredentials();
const telnyxEnv = moduleOf('telnyx').inventCredentials();
const basic = (user = '', password = ''): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const good: Readonly<Record<string, string>> = {
  twilio: basic(twilioEnv['TWILIO_ACCOUNT_SID'], twilioEnv['TWILIO_AUTH_TOKEN']),
  plivo: basic(plivoEnv['PLIVO_AUTH_ID'], plivoEnv['PLIVO_AUTH_TOKEN']),
  telnyx: `Bearer ${telnyxEnv['TELNYX_API_KEY']}`,
};

const apis: Record<string, ApiServer> = {};
beforeAll(async () => {
  apis['twilio'] = await twilioApi(twilioEnv);
  apis['plivo'] = await plivoApi(plivoEnv);
  apis['telnyx'] = await telnyxApi(telnyxEnv);
});
afterAll(async () => {
  await Promise.all(Object.values(apis).map((api) => api.close()));
});

const CALLS: Readonly<Record<string, string>> = {
  twilio: `/2010-04-01/Accounts/${twilioEnv['TWILIO_ACCOUNT_SID']}/Calls.json`,
  plivo: `/v1/Account/${plivoEnv['PLIVO_AUTH_ID']}/Call/`,
  telnyx: '/v2/calls',
};
const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

interface Asked {
  readonly status: number;
  readonly body: string;
  /** Why it was refused, as the test may read it. */
  readonly fault: string | undefined;
}

async function ask(
  carrier: string,
  path: string,
  {
    method = 'POST',
    type,
    body,
    authorization = good[carrier] ?? '',
  }: { method?: string; type?: string; body?: string; authorization?: string } = {},
): Promise<Asked> {
  const api = apis[carrier];
  if (!api) throw new Error(`no ${carrier}`);
  const before = api.faults.length;
  const headers = { authorization, ...(type === undefined ? {} : { 'content-type': type }) };
  const answer = await fetch(api.origin + path, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: answer.status, body: await answer.text(), fault: api.faults[before] };
}

/** A good call of each carrier. */
const calls: Readonly<
  Record<string, { readonly type: string; readonly body: string; readonly status: number }>
> = {
  twilio: {
    type: FORM,
    body: 'To=%2B15550001111&From=%2B15550002222&Url=https%3A%2F%2Fx.example.com',
    status: 201,
  },
  plivo: { type: JSON_TYPE, body: '{"from":"1","to":"2","answer_url":"https://x.example.com"}', status: 201 },
  telnyx: { type: JSON_TYPE, body: '{"connection_id":"1","from":"+1","to":"+2"}', status: 200 },
};

describe.each(Object.keys(CALLS))('%s takes', (carrier) => {
  const { type = '', body = '', status } = calls[carrier] ?? {};
  const path = CALLS[carrier] ?? '';
  /** The same fields with one more, or another value. */
  const changed = (fields: Record<string, string | null>): string => {
    const all =
      type === FORM
        ? Object.fromEntries(new URLSearchParams(body))
        : (JSON.parse(body) as Record<string, string>);
    const kept = Object.fromEntries(
      Object.entries({ ...all, ...fields }).filter(([, value]) => value !== null),
    ) as Record<string, string>;
    return type === FORM ? String(new URLSearchParams(kept)) : JSON.stringify(kept);
  };
  const methodField: Readonly<Record<string, string>> = {
    twilio: 'Method',
    plivo: 'answer_method',
    telnyx: 'webhook_url_method',
  };
  const required: Readonly<Record<string, string>> = {
    twilio: 'To',
    plivo: 'answer_url',
    telnyx: 'connection_id',
  };

  test('a good request', async () => {
    expect(await ask(carrier, path, { type, body })).toMatchObject({ status, fault: undefined });
  });

  test.each([
    ['other credentials', 401, { authorization: 'Basic AAAA' }, /credentials/],
    ['no credentials', 401, { authorization: '' }, /credentials/],
    ['another type', 415, { type: type === FORM ? JSON_TYPE : FORM }, /the body must be application/],
    ['another method', 404, { method: 'PUT' }, /no such operation/],
    ['a field too many', 400, { body: changed({ Surprise: '1' }) }, /Surprise is no parameter/],
    ['a field too few', 400, { body: changed({ [required[carrier] ?? '']: null }) }, /is required/],
    [
      'a wrong value',
      400,
      { body: changed({ [methodField[carrier] ?? '']: 'PATCH' }) },
      /is not (GET\|POST|POST\|GET)/,
    ],
  ])('no request with %s', async (_, refused, wrong, fault) => {
    const asked = await ask(carrier, path, { type, body, ...wrong });
    expect(asked).toMatchObject({ status: refused, fault: expect.stringMatching(fault) as string });
  });

  test('no other path', async () => {
    expect(await ask(carrier, `${path}x`, { type, body })).toMatchObject({ status: 404 });
  });
});

test.each([
  ['twilio', /"code":20003/],
  ['plivo', /Could not verify your access level/],
  ['telnyx', /"code":"10009"/],
])('%s refuses credentials in its own words', async (carrier, words) => {
  expect((await ask(carrier, CALLS[carrier] ?? '', { authorization: 'x' })).body).toMatch(words);
});

test('the Date of an answer is that of the given clock', async () => {
  const api = await twilioApi(twilioEnv);
  api.now = () => 0;
  const { headers } = await fetch(api.origin);
  expect(headers.get('date')).toBe('Thu, 01 Jan 1970 00:00:00 GMT');
  await api.close();
});
