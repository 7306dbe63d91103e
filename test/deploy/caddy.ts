import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './files.ts';
import { run } from './run.ts';

/** Good for localhost and 127.0.0.1. */
const tls = join(root, 'test/helpers/tls');
export const certificate: string = join(tls, 'cert.pem');
export const ca: Buffer = readFileSync(certificate);

/** Caddy's own streams option is newer than Debian's Caddy. */
export const caddy: string = process.env['CADDY'] ?? 'caddy';
export const keepsStreams: boolean = knowsCloseDelay();

function knowsCloseDelay(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-caddy-'));
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, ':8443 {\n\treverse_proxy localhost:1 {\n\t\tstream_close_delay 1s\n\t}\n}\n');
  const { code } = run(caddy, ['adapt', '--adapter', 'caddyfile', '--config', file]);
  rmSync(folder, { recursive: true });
  return code === 0;
}

/** What the Caddyfile reads, for a Caddy that writes into `folder` only. */
export function caddyEnv(folder: string): Record<string, string> {
  return {
    PUBLIC_URL: 'https://localhost:8443',
    ACME_EMAIL: 'ops@example.com',
    CADDY_TLS: `tls ${certificate} ${join(tls, 'key.pem')}`,
    XDG_DATA_HOME: folder,
    XDG_CONFIG_HOME: folder,
    ...(keepsStreams ? {} : { CADDY_STREAMS: '' }),
  };
}
