import type { Env } from '../../shared/env.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { TwilioFunction } from '../../shared/runtime/twilio-function.ts';

export interface Answer {
  readonly status: number;
  readonly type: string | null | undefined;
  readonly body: string;
}

class FakeResponse {
  status = 0;
  type = '';
  body = '';
  setStatusCode(status: number): void {
    this.status = status;
  }
  appendHeader(name: string, value: string): void {
    if (name === 'content-type') this.type = value;
  }
  setBody(body: string): void {
    this.body = body;
  }
}

/** The global `Twilio` of the Functions runtime, as far as a Function of ours uses it. */
export const fakeTwilio: { readonly Response: typeof FakeResponse } = { Response: FakeResponse };

interface Extras {
  readonly event: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly context?: Env;
}

/** Runs a Function as the platform does: parameters of query and body in one, headers under `request`. */
export function onTwilio(
  handler: TwilioFunction,
  { url, headers, body }: HttpRequest,
  extras: Extras = { event: {}, headers: {} },
): Promise<Answer> {
  const { hostname, pathname, searchParams } = new URL(url);
  const parameters = Object.fromEntries([...searchParams, ...new URLSearchParams(body)]);
  const request = { headers: { ...headers, ...extras.headers }, cookies: {} };
  const event = { request, ...parameters, ...extras.event };
  const context = { ...extras.context, DOMAIN_NAME: hostname, PATH: pathname };
  return new Promise((resolve, reject) => {
    void handler(context, event, (error, response) => {
      if (error) return reject(error);
      const { status, type, body: text } = response as Answer;
      resolve({ status, type, body: text });
    });
  });
}
