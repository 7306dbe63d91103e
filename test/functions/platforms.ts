import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';
import type { Target } from '../../cli/export/targets.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { LambdaResult } from '../../shared/runtime/lambda.ts';
import { freePort } from '../helpers/bot.ts';
import { eventV1, eventV2, type EventOf } from './lambda-events.ts';
import { forked, runners, watched, type Watched } from './processes.ts';
import { startWorkerd, workerdPort } from './workerd.ts';

export interface Answered {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: string;
}

/** Handlers that run: what carriers know them by, and a way to ask them. `stem`: see stemOf. */
export interface Deployed extends Watched {
  readonly urlOf: (stem: string) => string;
  readonly ask: (stem: string, request: HttpRequest) => Promise<Answered>;
}

/** Runs what was exported into a folder. */
export interface Platform {
  readonly name: string;
  readonly target: Target;
  readonly deploy: (folder: string, variables: Readonly<Record<string, string>>) => Promise<Deployed>;
}

/** `npm start` in the exported folder. It checks no signature, whatever a Function's name says. */
const twilioRun: Platform = {
  name: 'twilio-run',
  target: 'twilio-function',
  async deploy(folder, variables) {
    const port = await freePort();
    symlinkSync(inject('twilioModules'), join(folder, 'node_modules'));
    const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(folder, '.env'), lines.join(''));
    const bin = join(folder, 'node_modules/twilio-run/bin/twilio-run.js');
    const child = spawn(process.execPath, [bin, 'start', '--port', `${port}`], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, CI: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { output, stop } = watched(child);
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`twilio-run did not start: ${output()}`)));
      const look = (): void => void (output().includes(`http://localhost:${port}/`) && resolve());
      for (const stream of [child.stdout, child.stderr]) stream.on('data', look);
    });
    return {
      urlOf: (stem) => `https://localhost:${port}/${stem}`,
      ask: (_, request) => send(port, request),
      output,
      stop,
    };
  },
};

function lambda(name: string, eventOf: EventOf, url: string): Platform {
  return {
    name,
    target: 'lambda',
    async deploy(folder, variables) {
      const start = (stem: string): ChildProcess =>
        forked('lambda-runner.mjs', [join(folder, `${stem}.mjs`)], variables);
      const { of, ...watching } = runners(start);
      let asked = 0;
      return {
        ...watching,
        urlOf: () => url,
        async ask(stem, request) {
          const { child } = await of(stem);
          asked += 1;
          const id = asked;
          const { statusCode, headers, body } = await new Promise<LambdaResult>((resolve, reject) => {
            child.on('message', function hear(said: { id: number; result?: LambdaResult; error?: string }) {
              if (said.id !== id) return;
              child.off('message', hear);
              if (said.result) resolve(said.result);
              else reject(new Error(said.error));
            });
            child.send({ id, event: eventOf(request) });
          });
          return { status: statusCode, type: headers['content-type'], body };
        },
      };
    },
  };
}

type Start = (file: string, variables: Readonly<Record<string, string>>) => ChildProcess;

function fetchServer(name: string, start: Start, readPort?: Parameters<typeof runners>[1]): Platform {
  return {
    name,
    target: 'fetch',
    async deploy(folder, variables) {
      const { of, ...watching } = runners((stem) => start(join(folder, `${stem}.mjs`), variables), readPort);
      return {
        ...watching,
        urlOf: (stem) => `https://${stem}.example.com/voice`,
        async ask(stem, request) {
          const { port } = await of(stem);
          return send(port, request);
        },
      };
    },
  };
}

/** As a proxy that ended TLS would. */
async function send(port: number, { method, url, headers, body }: HttpRequest): Promise<Answered> {
  const { host, pathname, search } = new URL(url);
  const own = { host, 'x-forwarded-proto': 'https' };
  const options = {
    host: '127.0.0.1',
    port,
    method,
    path: pathname + search,
    headers: { ...headers, ...own },
  };
  const asked = httpRequest(options).end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const { statusCode = 0, headers: given } = answer;
  return { status: statusCode, type: given['content-type'], body: await text(answer) };
}

const functionUrl = 'https://abcdefgh.lambda-url.eu-central-1.on.aws/';

export const platforms: readonly Platform[] = [
  twilioRun,
  lambda('a function URL, body in base64', eventV2(true), functionUrl),
  lambda('an HTTP API, body as text', eventV2(false), 'https://voice.example.com/telnyx'),
  lambda('a REST API', eventV1, 'https://abcdefgh.execute-api.eu-central-1.amazonaws.com/prod/voice'),
  fetchServer('a fetch server', (file, variables) => forked('fetch-runner.mjs', [file], variables)),
  fetchServer('Cloudflare Workers', startWorkerd, workerdPort),
];
