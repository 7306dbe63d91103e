import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Operation } from './helpers/carrier-api/operations.ts';
import { plivoOperations } from './helpers/carrier-api/plivo-operations.ts';
import { telnyxOperations } from './helpers/carrier-api/telnyx-operations.ts';
import { twilioMembers, twilioOperations } from './helpers/carrier-api/twilio-operations.ts';

const modules = join(import.meta.dirname, '../node_modules');
const source = (file: string): string => readFileSync(join(modules, file), 'utf8');

/** Members of an interface of a declaration file: name with its "?", and type. */
function membersOf(file: string, name: string): Map<string, string> {
  const [, body = ''] =
    new RegExp(
      `interface ${name}(?: extends [^{]+)? \\{\\n([^]*?)\\n\\s*\\}\\n(?=\\s*(export|interface|namespace|\\}|type))`,
    ).exec(source(file)) ?? [];
  const indent = /^ */.exec(body.split('\n').find((line) => /^ *\w/.test(line)) ?? '')?.[0] ?? '';
  const members = [...body.matchAll(new RegExp(`^${indent}'?([\\w.]+)'?(\\??): (.*?);?$`, 'gm'))];
  return new Map(members.map(([, key = '', optional = '', type = '']) => [key + optional, type]));
}

function choicesOf(type = ''): Set<string | undefined> {
  return new Set([...type.matchAll(/'([^']+)'/g)].map(([, choice]) => choice));
}

function operationNamed(all: readonly Operation[], name: string): Operation {
  const found = all.find((operation) => operation.name === name);
  if (!found) throw new Error(`no operation ${name}`);
  return found;
}

describe("telnyx's operations are those its SDK declares", () => {
  const calls = 'telnyx/resources/calls/calls.d.ts';
  const actions = 'telnyx/resources/calls/actions.d.ts';
  const texml = 'telnyx/resources/texml/accounts/calls/calls.d.ts';
  const applications = 'telnyx/resources/texml-applications.d.ts';
  const action = 'POST /v2/calls/{call_control_id}/actions';

  test.each([
    ['POST /v2/calls', calls, 'CallDialParams'],
    [`${action}/hangup`, actions, 'ActionHangupParams'],
    [`${action}/transfer`, actions, 'ActionTransferParams'],
    [`${action}/send_dtmf`, actions, 'ActionSendDtmfParams'],
    [`${action}/speak`, actions, 'ActionSpeakParams'],
    [`${action}/playback_start`, actions, 'ActionStartPlaybackParams'],
    ['POST /v2/texml/Accounts/{account_sid}/Calls', texml, 'ApplicationDefault'],
    ['POST /v2/texml/Accounts/{account_sid}/Calls/{call_sid}', texml, 'CallUpdateParams'],
    [
      'PATCH /v2/phone_numbers/{id}',
      'telnyx/resources/phone-numbers/phone-numbers.d.ts',
      'PhoneNumberUpdateParams',
    ],
    ['POST /v2/texml_applications', applications, 'TexmlApplicationCreateParams'],
    ['PATCH /v2/texml_applications/{id}', applications, 'TexmlApplicationUpdateParams'],
  ])('%s', (name, file, declared) => {
    const members = membersOf(file, declared);
    expect(members.size).toBeGreaterThan(2);
    const { body } = operationNamed(telnyxOperations, name);
    const unknown = [...body].filter(
      ([field, { isRequired }]) => !members.has(isRequired ? field : `${field}?`),
    );
    expect(unknown).toEqual([]);
    const choices = [...body].filter(([, { type }]) => type.includes('|'));
    for (const [field, { type }] of choices) {
      expect([field, new Set(type.split('|'))]).toEqual([field, choicesOf(members.get(`${field}?`))]);
    }
    const required = [...members.keys()].filter((key) => !key.endsWith('?') && key !== 'account_sid');
    expect([...body.keys()]).toEqual(expect.arrayContaining(required));
  });

  test('at the paths and with the methods that it asks', () => {
    const files = [
      'calls/calls',
      'calls/actions',
      'texml/accounts/calls/calls',
      'phone-numbers/phone-numbers',
      'texml-applications',
    ];
    const text = files.map((file) => source(`telnyx/resources/${file}.js`)).join('');
    const asked = [...text.matchAll(/_client\.(\w+)\((?:\(0, path_1\.path\) )?[`'](\/[^`']+)[`']/g)].map(
      ([, verb = '', path = '']) =>
        `${verb === 'getAPIList' ? 'GET' : verb.toUpperCase()} /v2${path.replaceAll(/\$\{\w+\}/g, '{}')}`,
    );
    const ours = telnyxOperations.map(({ name }) => name.replaceAll(/\{\w+\}/g, '{}'));
    expect(asked).toEqual(expect.arrayContaining(ours));
  });
});

describe("twilio's operations", () => {
  const rest = 'twilio/lib/rest/api/v2010/account';

  test.each([
    ['POST /2010-04-01/Accounts/{AccountSid}/Calls.json', `${rest}/call.js`],
    ['POST /2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json', `${rest}/call.js`],
    [
      'POST /2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers/{Sid}.json',
      `${rest}/incomingPhoneNumber.js`,
    ],
    ['POST /2010-04-01/Accounts/{AccountSid}/Applications/{Sid}.json', `${rest}/application.js`],
  ])('%s has fields that its SDK knows', (name, file) => {
    const text = source(file);
    const begin = name.endsWith('{Sid}.json')
      ? text.indexOf('    update(params')
      : text.indexOf('instance.create =');
    const method = text.slice(begin, text.indexOf('operationPromise', begin));
    const known = [...method.matchAll(/data\["(\w+)"\]/g)].map(([, field]) => field);
    expect(known).toEqual(expect.arrayContaining([...operationNamed(twilioOperations, name).body.keys()]));
  });

  const document = process.env['TWILIO_OPENAPI'];
  test.skipIf(document === undefined)('are those of its published description', () => {
    const api = JSON.parse(readFileSync(document ?? '', 'utf8')) as Description;
    expect(twilioOperations.map(described)).toEqual(
      twilioOperations.map((operation) => published(api, operation)),
    );
    const kinds = { call: 'call', number: 'incoming_phone_number', application: 'application' };
    expect(Object.entries(twilioMembers).map(([kind, members]) => [kind, members.toSorted()])).toEqual(
      Object.entries(kinds).map(([kind, schema]) => [
        kind,
        namesIn(api.components.schemas[`api.v2010.account.${schema}`]),
      ]),
    );
  });
});

type Described = readonly [name: string, status: string, query: readonly string[], body: readonly string[]];

function described({ name, status, query, body }: Operation): Described {
  const fields = [...body].map(([field, { isRequired, isList, type }]) => {
    const checked = /^\/|\|/.test(type) ? ` ${type}` : '';
    return `${field}${isRequired ? '!' : ''}${isList ? '[]' : ''}${checked}`;
  });
  return [name, String(status), [...query.keys()].toSorted(), fields.toSorted()];
}

function published(api: Description, { name, path, method }: Operation): Described {
  const found = api.paths[path]?.[method.toLowerCase()];
  const schema = found?.requestBody?.content['application/x-www-form-urlencoded']?.schema ?? {};
  const query = found?.parameters?.filter((parameter) => parameter.in === 'query') ?? [];
  const fields = Object.entries(schema.properties ?? {}).map(([field, property]) => {
    const { enum: values, pattern, type } = resolved(api, property);
    const checked = values ? ` ${values.join('|')}` : pattern === undefined ? '' : ` /${pattern}/`;
    return `${field}${schema.required?.includes(field) ? '!' : ''}${type === 'array' ? '[]' : ''}${checked}`;
  });
  return [
    name,
    Object.keys(found?.responses ?? {}).join(),
    query.map((one) => one.name).toSorted(),
    fields.toSorted(),
  ];
}

function resolved(api: Description, { $ref, ...schema }: Schema): Schema {
  return $ref === undefined ? schema : (api.components.schemas[$ref.split('/').at(-1) ?? ''] ?? {});
}

function namesIn(schema: Schema | undefined): readonly string[] {
  return Object.keys(schema?.properties ?? {}).toSorted();
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}
interface Description {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, PublishedOperation | undefined>> | undefined>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema | undefined>> };
}
interface PublishedOperation {
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema } | undefined>>;
  };
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

test("plivo's operations are at paths that its SDK asks", () => {
  const files = ['call', 'numbers', 'applications'];
  const text = files.map((file) => source(`plivo/dist/resources/${file}.js`)).join('');
  const asked = [...text.matchAll(/(?:^var action = '|\+ '\/)(\w+)\/';?/gm)].map(([, name]) => name);
  const ours = plivoOperations.flatMap(({ path }) =>
    path
      .split('/')
      .slice(4)
      .filter((part) => /^[A-Z]/.test(part)),
  );
  expect(asked).toEqual(expect.arrayContaining(ours));
});
