import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { freePort } from '../helpers/bot.ts';
import { startPython } from './python.ts';

/** What bot.py tells when a call begins. */
export interface Start {
  readonly event: 'start';
  /** Carrier, or "websocket". */
  readonly transport: string;
  /** `args.session_id` and `args.body`. */
  readonly session: string | null;
  readonly body: unknown;
  /** By examples/python/session_body.py. */
  readonly fetched: unknown;
  /** By parse_telephony_websocket; null for clients. */
  readonly call: { readonly id: string; readonly from: string | null; readonly to: string | null } | null;
  readonly headers: Readonly<Record<string, string | null>>;
  /** `?body=`, as it came. */
  readonly query: string | null;
}

/** All that it has heard, when it was asked to repeat it. */
export interface Heard {
  readonly event: 'heard';
  /** By which key, or word. */
  readonly button: string;
  readonly rate: number;
  /** 16-bit PCM in base64. */
  readonly audio: string;
}

export type Told = Start | Heard | { readonly event: 'over' };

const text = z.string();
const Lines: z.ZodType<Told> = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('start'),
    transport: text,
    session: text.nullable(),
    body: z.unknown(),
    fetched: z.unknown(),
    call: z.object({ id: text, from: text.nullable(), to: text.nullable() }).nullable(),
    headers: z.record(text, text.nullable()),
    query: text.nullable(),
  }),
  z.object({ event: z.literal('heard'), button: text, rate: z.number(), audio: text }),
  z.object({ event: z.literal('over') }),
]);

export interface PipecatBot {
  /** Without a path. */
  readonly url: string;
  /** All that it has told so far. */
  readonly told: readonly Told[];
  readonly close: () => Promise<void>;
}

/** `runner`: Pipecat's development runner. `base`: a pipecat-base image. */
export type BotHost = 'runner' | 'base';

const COMMANDS: Readonly<Record<BotHost, (port: number) => string[]>> = {
  runner: (port) => ['bot.py', '--host', '127.0.0.1', '--port', String(port)],
  base: (port) => ['base_image.py', String(port)],
};
/** Seconds until it listens: it imports much. */
const PATIENCE = 50;

export async function startPipecatBot(host: BotHost): Promise<PipecatBot> {
  const port = await freePort();
  const child = startPython(COMMANDS[host](port));
  const gone = once(child, 'close');
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const told: Told[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => {
    // The runner prints a banner of its own.
    if (line.startsWith('{"event"')) told.push(Lines.parse(JSON.parse(line)));
  });
  const deadline = Date.now() + PATIENCE * 1000;
  while (!(await listens(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the bot (${host}) does not listen:\n${complaints}`);
    }
    await sleep(100);
  }
  return {
    url: `ws://127.0.0.1:${port}`,
    told,
    close: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function listens(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}
