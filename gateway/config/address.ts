import type { Env } from '../../shared/env.ts';
import { isLoopback } from '../../shared/loopback.ts';
import type { Problems } from './problems.ts';
import { parseBaseUrl, type ConfigFile } from './schema.ts';

const DEFAULT_LISTEN = '127.0.0.1:7860';

/** Where the gateway listens, and how others reach it. */
export interface GatewayAddress {
  readonly host: string;
  readonly port: number;
  /** Without a slash at its end. Null: wherever it listens, on this machine only. */
  readonly publicUrl: string | null;
  /** For bots; null is the public one. */
  readonly internalUrl: string | null;
}

/** PORT, HOST and PUBLIC_URL override the file. */
export function readAddress(file: ConfigFile, env: Env, found: Problems): GatewayAddress {
  const listen = file.listen ?? DEFAULT_LISTEN;
  const colon = listen.lastIndexOf(':');
  const port = readPort(env['PORT'] || listen.slice(colon + 1), found);
  const host = (env['HOST'] || listen.slice(0, colon)).replace(/^\[(.*)\]$/, '$1');
  const publicUrl = readPublicUrl(env['PUBLIC_URL'], found) ?? file.public_url ?? null;
  if (publicUrl === null && !isLoopback(host)) {
    found.add(
      'public_url',
      `is needed when listening on ${host}: the https:// address that carriers and clients use`,
    );
  }
  return { host, port, publicUrl, internalUrl: file.internal_url ?? null };
}

function readPort(text: string, found: Problems): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  found.add('PORT or listen', 'the port must be 0 to 65535');
  return 0;
}

function readPublicUrl(text: string | undefined, found: Problems): string | null {
  if (!text) return null;
  const url = parseBaseUrl(text);
  if (url === null) found.add('PUBLIC_URL', 'must be an http:// or https:// URL, no query');
  return url;
}

/** Empty for what is no URL. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
