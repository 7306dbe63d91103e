import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { GatewayError } from '../shared/errors.ts';
import { refusal, type HttpHandler, type HttpResponse } from '../shared/http.ts';
import { toExpress } from '../shared/runtime/express.ts';
import type { ProviderCallbacks } from './callbacks.ts';
import type { Calls } from './calls/calls.ts';
import { MAX_COMMAND_BYTES } from './calls/command-body.ts';
import type { SessionControl } from './control/control.ts';
import type { ControlRoute } from './control/routes.ts';
import { PROXY_METHODS } from './control/proxy.ts';
import { refuse } from './handshake.ts';
import { MAX_PROXY_BYTES, MAX_START_BYTES, MAX_WEBHOOK_BYTES } from './limits.ts';
import { loggedError, type Log } from './log.ts';
import { refusalOf } from './refusals.ts';
import { rawBody } from './request-body.ts';
import type { ProviderWebhooks } from './webhooks.ts';

export interface HttpAppOptions {
  readonly publicUrl: string;
  readonly log: Log;
  /** By provider name: those that are configured. */
  readonly webhooks: ReadonlyMap<string, ProviderWebhooks>;
  /** The same for what carriers tell beside calls. */
  readonly callbacks: ReadonlyMap<string, ProviderCallbacks>;
  readonly calls: Calls;
  readonly start: (agent: string | null) => HttpHandler;
  readonly browserStart: HttpHandler;
  readonly preflight: HttpHandler;
  readonly sessionBody: (sessionId: string) => HttpHandler;
  readonly control: SessionControl;
  readonly refusals: readonly ControlRoute[];
  readonly livez: HttpHandler;
  readonly readyz: HttpHandler;
  /** Null where metrics have a port of their own. */
  readonly metrics: HttpHandler | null;
}

/** Paths and limits of everything that is not a socket. */
export function httpApp(options: HttpAppOptions): Express {
  const { publicUrl, log, webhooks } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', false);
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.set('query parser', false);

  const bind = (handler: HttpHandler): RequestHandler => toExpress(handler, { publicUrl });
  const bindNamed =
    (handlerFor: (name: string) => HttpHandler): RequestHandler =>
    (request, ...rest) =>
      bind(handlerFor(String(request.params['name'])))(request, ...rest);
  const startBody = rawBody(MAX_START_BYTES);
  app.post('/start', startBody, bind(options.start(null)));
  app.post('/api/start', startBody, bind(options.browserStart));
  app.options('/api/start', bind(options.preflight));
  app.post('/v1/public/:name/start', startBody, bindNamed(options.start));
  app.post('/v1/public/:name/dial', startBody, bindNamed(options.calls.outbound.dial));
  app.get('/v1/sessions/:name/body', bindNamed(options.sessionBody));
  for (const { path, handlerFor } of options.calls.commands) {
    app.post(path, rawBody(MAX_COMMAND_BYTES), (request, ...rest) =>
      bind(handlerFor(request.params))(request, ...rest),
    );
  }
  for (const { method, path, handlerFor } of [...options.control.routes, ...options.refusals]) {
    app[method](path, (request, ...rest) => bind(handlerFor(request.params))(request, ...rest));
  }
  for (const method of PROXY_METHODS) {
    app[method]('/v1/public/:name/sessions/:session/*path', rawBody(MAX_PROXY_BYTES), options.control.proxy);
  }
  app.get('/livez', bind(options.livez));
  app.get('/readyz', bind(options.readyz));
  if (options.metrics) app.get('/metrics', bind(options.metrics));
  const webhookBody = rawBody(MAX_WEBHOOK_BYTES);
  for (const [name, callbacks] of options.callbacks) {
    for (const [path, handler] of Object.entries(callbacks)) {
      app.all(`/webhooks/${name}/${path}`, webhookBody, bind(handler));
    }
  }
  for (const [name, transfer] of options.calls.transfers) {
    app.all(`/webhooks/${name}/transfer`, webhookBody, bind(transfer));
  }
  for (const [name, { voice, after }] of webhooks) {
    app.all(`/webhooks/${name}/after`, webhookBody, bind(after));
    app.all(`/webhooks/${name}`, webhookBody, bind(voice(null)));
    app.all(`/webhooks/${name}/:name`, webhookBody, bindNamed(voice));
  }
  app.use(bind(nothingHere));
  app.use(failureHandler(log));
  return app;
}

const nothingHere: HttpHandler = async ({ url, method }) => {
  const path = url.replace(/\?.*/, '');
  if (method === 'GET' && /\/ws(\/|$)/.test(path)) {
    const headers = { upgrade: 'websocket' };
    return refusal(426, '426', 'Sockets open with a WebSocket handshake.', { headers });
  }
  const cure = 'See the README for the paths of this gateway; a carrier without credentials is off.';
  return refusal(404, '404', `There is nothing here. ${cure}`);
};

/** What the reader of bodies and express reject; anything else is a bug of ours, and says nothing about itself. */
function failureHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const known = answerTo(error);
    // What is still on its way is not waited for, only read a moment longer, so that the peer gets to see the answer.
    if (known?.status === 413) return refuse(request.resume().socket, known);
    if (!known) log.error(loggedError(error), 'a request failed on a bug');
    const answer = known ?? refusal(500, '500', 'Something went wrong in the gateway; its log says what.');
    response
      .status(answer.status)
      .set({ ...answer.headers, connection: 'close' })
      .send(answer.body);
  };
}

function answerTo(error: unknown): HttpResponse | null {
  if (error instanceof GatewayError) return refusalOf(error);
  const isMalformed = error instanceof Error && 'status' in error && error.status === 400;
  return isMalformed ? refusal(400, '400', 'The request is malformed.') : null;
}
