import type { HttpRequest } from '../../shared/http.ts';
import { partsOf, urlOf } from './explanation.ts';
import type { Change, Option } from './option.ts';

/** Parameters that are left out, one at a time, in case somebody on the way has added one. */
const MAX_LEFT_OUT = 50;

/** What a body and its method may have been before a proxy, or some middleware, had them. */
export function bodiesOf(request: HttpRequest): Option[] {
  const { method, body, headers } = request;
  const isJson = /json/i.test(headers['content-type'] ?? '');
  const others = body === '' ? [] : isJson ? jsonsOf(body) : formsOf(body);
  const seen = new Set([body]);
  const options = others.flatMap(([text, words]): Option[] => {
    if (seen.has(text)) return [];
    seen.add(text);
    return [{ apply: (one) => ({ ...one, body: text }), changes: [{ cause: 'body', words }], isGuess: true }];
  });
  return [...(method === 'GET' || method === 'POST' ? otherMethod(method) : []), ...options];
}

type Respelled = readonly [body: string, words: string];

function formsOf(body: string): Respelled[] {
  const pairs = body.split('&');
  const form = [...new URLSearchParams(body)];
  const percent = form.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
  const plus = new URLSearchParams(form).toString();
  const anew = 'with its body encoded anew';
  const order = 'with its parameters in another order';
  return [
    [plus, anew],
    [percent, anew],
    [body.replaceAll('+', '%20'), anew],
    [body.replaceAll('%20', '+'), anew],
    [body.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()), anew],
    [body.replace(/%[0-9a-f]{2}/g, (hex) => hex.toUpperCase()), anew],
    [
      body.replace(/(?:^|(?<=[=&]))(?:\+|%20)/g, '%2B'),
      'with "+" where a space has come: it was decoded twice',
    ],
    ...endingsOf(body),
    [pairs.toSorted().join('&'), order],
    ...pairs
      .slice(0, MAX_LEFT_OUT)
      .map((pair, at): Respelled => [
        pairs.filter((_, index) => index !== at).join('&'),
        `without the parameter ${[...new URLSearchParams(pair).keys()].join()}`,
      ]),
    ['', 'without its body'],
  ];
}

function jsonsOf(body: string): Respelled[] {
  const anew = 'with its JSON written in another way';
  try {
    const value: unknown = JSON.parse(body);
    const compact = JSON.stringify(value);
    const spaced = JSON.stringify(value, null, 1).replace(/\n */g, (gap) => (gap === '\n' ? '' : ' '));
    const python = spaced.replace(/([{[]) /g, '$1').replace(/ ([}\]])/g, '$1');
    return [
      [compact, anew],
      [python, anew],
      [JSON.stringify(value, null, 2), anew],
      [JSON.stringify(value, null, 4), anew],
      [
        compact.replace(
          /[\u0080-\uffff]/g,
          (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
        ),
        anew,
      ],
      ...endingsOf(body),
    ];
  } catch {
    return endingsOf(body);
  }
}

function endingsOf(body: string): Respelled[] {
  return [
    [body.trimEnd(), 'without the blanks at the end of its body'],
    [`${body}\n`, 'with a line feed at the end of its body'],
    [`${body}\r\n`, 'with a line feed at the end of its body'],
  ];
}

/** A redirect turns a POST into a GET; some proxies put its form into the query. */
function otherMethod(method: 'GET' | 'POST'): Option[] {
  const other = method === 'GET' ? 'POST' : 'GET';
  const changes: Change[] = [{ cause: 'method', words: `as a ${other}` }];
  const moved = (request: HttpRequest): HttpRequest => {
    const url = partsOf(request.url);
    const query = [url.query, request.body].filter(Boolean).join('&') || null;
    return other === 'POST'
      ? { ...request, method: other, body: url.query ?? '', url: urlOf({ ...url, query: null }) }
      : { ...request, method: other, body: '', url: urlOf({ ...url, query }) };
  };
  return [
    { apply: moved, changes },
    { apply: (request) => ({ ...request, method: other, body: '' }), changes },
  ];
}
