import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Env } from '../../shared/env.ts';
import { placeCall } from '../../simulator/place-call.ts';
import type { CallOptions } from '../../simulator/place-call.ts';
import type { CallReport } from '../../simulator/report.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import type { TestGateway } from '../helpers/gateway.ts';

const root = join(import.meta.dirname, '../..');

export interface RunningExample {
  readonly url: string;
  readonly output: () => string;
  close(): Promise<void>;
}

/** An example as a reader starts it, on a free port. */
export async function startExample(name: string, env: Env = {}): Promise<RunningExample> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [join(root, 'scripts/example.mjs'), name], {
    env: { PATH, HOME, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const listening = new Promise<string>((resolve, reject) => {
    child.once('close', () => reject(new Error(`${name} ended: ${output}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const [url] = /ws:\/\/\S+/.exec(output) ?? [];
      if (url !== undefined) resolve(url);
    });
  });
  return {
    url: await listening,
    output: () => output,
    async close() {
      if (child.exitCode !== null) return;
      child.kill();
      await once(child, 'close');
    },
  };
}

/** One call through a whole gateway, from the webhook on, in real time or faster. */
export function callThrough(
  gateway: TestGateway,
  provider: ProviderModule,
  options: Pick<CallOptions, 'source'> & Partial<CallOptions>,
): Promise<CallReport> {
  return placeCall({
    provider,
    env: gateway.carriers,
    webhook: { url: `${gateway.http}/webhooks/${provider.name}`, method: 'POST' },
    from: '+15557370001',
    to: '+15557370000',
    ...options,
  });
}
