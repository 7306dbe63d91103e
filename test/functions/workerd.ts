import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { inject } from 'vitest';

/** As in the README of an export. */
const COMPATIBILITY_DATE = '2025-05-01';

/**
 * The runtime of Cloudflare Workers with one exported file, its variables as bindings. A Worker may only reach the public
 * network by default; the gateways of a test are not there.
 *
 * @see https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp (read 2026-11-21)
 */
export function startWorkerd(file: string, variables: Readonly<Record<string, string>>): ChildProcess {
  const text = JSON.stringify; // a string of Cap'n Proto is written as one of JSON, as far as we use it
  const bindings = Object.entries(variables).map(
    ([name, value]) => `(name = ${text(name)}, text = ${text(value)})`,
  );
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .handler),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", service = "main", http = (forwardedProtoHeader = "x-forwarded-proto")),
  ],
);
const handler :Workerd.Worker = (
  modules = [(name = "handler", esModule = embed ${text(basename(file))})],
  compatibilityDate = ${text(COMPATIBILITY_DATE)},
  compatibilityFlags = ["nodejs_compat"],
  bindings = [${bindings.join(', ')}],
);
`;
  const path = `${file}.capnp`;
  writeFileSync(path, config);
  return spawn(inject('workerd'), ['serve', '--control-fd=3', path], {
    cwd: dirname(file),
    env: {},
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
}

/** Of its first line on the control pipe: `{"event":"listen","socket":"http","port":…}`. */
export async function workerdPort(child: ChildProcess): Promise<number> {
  let fault = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    fault += chunk.toString();
  });
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    const said = JSON.parse(line) as { readonly event: string; readonly port: number };
    if (said.event === 'listen') return said.port;
  }
  throw new Error(`workerd did not start: ${fault}`);
}
