import type { HttpRequest } from '../../shared/http.ts';
import { moduleOf } from '../helpers/carriers.ts';
import { PUBLIC } from './scene.ts';

/** How a webhook went wrong on its way, and what must be found out about it. */
export interface Variant {
  /** What the carrier signs; the URL it should have is the default. */
  readonly signed?: string;
  readonly method?: 'GET' | 'POST';
  /** Where it arrives; the right place is the default. */
  readonly target?: string;
  /** What a proxy puts in. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly change?: (request: HttpRequest) => HttpRequest;
  /** Milliseconds the request is old. */
  readonly age?: number;
  readonly cause: string;
  /** In the one setting that is to be changed. */
  readonly setting: string;
}

const body =
  (change: (text: string) => string) =>
  (request: HttpRequest): HttpRequest => ({ ...request, body: change(request.body) });

export const without =
  (...names: string[]) =>
  (request: HttpRequest): HttpRequest => ({
    ...request,
    headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !names.includes(name))),
  });

/** A POST whose form a redirect, or a proxy, has put into the query. */
function moved(request: HttpRequest): HttpRequest {
  return { ...without('content-type')(request), method: 'GET', body: '' };
}

/** Of every carrier that signs the URL. */
const ofUrl = (name: string): Record<string, Variant> => ({
  'http instead of https': {
    signed: `http://voice.example.com/webhooks/${name}`,
    cause: 'scheme',
    setting: 'public_url = "http://voice.example.com"',
  },
  'the host that the proxy passes on': {
    signed: `https://calls.example.org/webhooks/${name}`,
    headers: { host: 'calls.example.org' },
    cause: 'host',
    setting: 'public_url = "https://calls.example.org"',
  },
  'the host in X-Forwarded-Host': {
    signed: `https://calls.example.org/webhooks/${name}`,
    headers: { 'x-forwarded-host': 'calls.example.org, inner', 'x-forwarded-proto': 'https' },
    cause: 'host',
    setting: 'public_url = "https://calls.example.org"',
  },
  'the host in Forwarded, and another scheme': {
    signed: `http://calls.example.org/webhooks/${name}`,
    headers: { forwarded: 'for=192.0.2.1;host=calls.example.org;proto=http' },
    cause: 'scheme',
    setting: 'public_url = "http://calls.example.org"',
  },
  'a port': {
    signed: `https://voice.example.com:8443/webhooks/${name}`,
    headers: { host: 'voice.example.com', 'x-forwarded-port': '8443' },
    cause: 'port',
    setting: 'public_url = "https://voice.example.com:8443"',
  },
  'a slash at the end that a proxy has cut': {
    signed: `${PUBLIC}/webhooks/${name}/`,
    cause: 'slash',
    setting: `without the slash at its end, ${PUBLIC}/webhooks/${name}`,
  },
  'a prefix that the proxy cut, and told': {
    signed: `${PUBLIC}/edge/webhooks/${name}`,
    headers: { 'x-forwarded-prefix': '/edge' },
    cause: 'prefix',
    setting: `public_url = "${PUBLIC}/edge"`,
  },
  'a prefix that the proxy cut, and did not tell': {
    signed: `${PUBLIC}/api/webhooks/${name}`,
    cause: 'prefix',
    setting: `public_url = "${PUBLIC}/api"`,
  },
  'a prefix and a host at once': {
    signed: `https://calls.example.org/edge/webhooks/${name}`,
    headers: { 'x-forwarded-host': 'calls.example.org', 'x-forwarded-prefix': '/edge' },
    cause: 'host',
    setting: 'public_url = "https://calls.example.org/edge"',
  },
  'a path that the proxy rewrote': {
    signed: `${PUBLIC}/phone/in`,
    headers: { 'x-original-uri': '/phone/in' },
    cause: 'path',
    setting: 'pass the request target on as it came',
  },
  'the path of another agent': {
    signed: `${PUBLIC}/webhooks/${name}/sales`,
    target: `/webhooks/${name}/support`,
    cause: 'path',
    setting: 'pass the request target on as it came',
  },
  'a query that a proxy has added': {
    target: `/webhooks/${name}?trace=1`,
    cause: 'query',
    setting: 'pass the request target on as it came',
  },
  'a parameter that a proxy has added to the query': {
    signed: `${PUBLIC}/webhooks/${name}?a=1`,
    target: `/webhooks/${name}?a=1&trace=1`,
    cause: 'query',
    setting: 'pass the request target on as it came',
  },
  'a parameter that somebody has added to the form': {
    change: body((text) => `${text}&_csrf=1`),
    cause: 'body',
    setting: 'pass the body on byte for byte',
  },
  'a GET in place of a POST': {
    change: (request) => ({ ...moved(request), url: `${request.url}?${request.body}` }),
    cause: 'method',
    setting: 'with method POST',
  },
  'another secret': {
    change: (request) => request,
    cause: 'secret',
    setting: `${moduleOf(name).variables[1]}=new,old`,
  },
});

/** By carrier, by what was wrong. */
export const tables: Record<string, Record<string, Variant>> = {
  twilio: {
    ...ofUrl('twilio'),
    'a form that was decoded twice': {
      change: body((text) => text.replaceAll('%2B', '+')),
      cause: 'body',
      setting: 'pass the body on byte for byte',
    },
    'a query in another order': {
      signed: `${PUBLIC}/webhooks/twilio?b=1&a=2`,
      target: '/webhooks/twilio?a=2&b=1',
      cause: 'query',
      setting: 'pass the request target on as it came',
    },
    'a query in another encoding': {
      signed: `${PUBLIC}/webhooks/twilio?q=a,b`,
      target: '/webhooks/twilio?q=a%2Cb',
      cause: 'query',
      setting: 'pass the request target on as it came',
    },
    'another account': {
      change: body((text) => text.replace(/AccountSid=AC\w{4}/, 'AccountSid=AC0000')),
      cause: 'account',
      setting: 'TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN',
    },
    'no signature': {
      change: without('x-twilio-signature'),
      cause: 'header-missing',
      setting: 'X-Twilio-Signature',
    },
    'a signature that came twice': {
      change: (request) => ({
        ...request,
        headers: { ...request.headers, 'x-twilio-signature': `${request.headers['x-twilio-signature']}, x` },
      }),
      cause: 'header-malformed',
      setting: 'X-Twilio-Signature once',
    },
  },
  plivo: {
    ...ofUrl('plivo'),
    'port 443, written out': {
      signed: 'https://voice.example.com:443/webhooks/plivo',
      cause: 'port',
      setting: 'public_url = "https://voice.example.com:443"',
    },
    'no nonce': {
      change: without('x-plivo-signature-v3-nonce'),
      cause: 'header-missing',
      setting: 'X-Plivo-Signature-V3-Nonce',
    },
  },
  telnyx: {
    'a form that was encoded anew': {
      change: body((text) => text.replaceAll('+', '%20').replaceAll('%3A', ':')),
      cause: 'body',
      setting: 'pass the body on byte for byte',
    },
    'a form with a line feed at its end': {
      change: body((text) => `${text}\n`),
      cause: 'body',
      setting: 'pass the body on byte for byte',
    },
    'a clock that is wrong': { age: 1_000_000, cause: 'clock', setting: 'NTP' },
    'a clock that is wrong the other way': { age: -1_000_000, cause: 'clock', setting: 'NTP' },
    'no timestamp': {
      change: without('telnyx-timestamp'),
      cause: 'header-missing',
      setting: 'telnyx-timestamp',
    },
    'another secret': { cause: 'secret', setting: 'TELNYX_PUBLIC_KEY=new,old' },
  },
};
