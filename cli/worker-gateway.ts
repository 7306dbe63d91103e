import { startGateway, type Gateway } from '../gateway/app.ts';
import type { GatewayOptions } from '../gateway/parts.ts';
import { GatewayError } from '../shared/errors.ts';

/** What serves, in this process or in others: all that `serve` needs to know of it. */
export type Served = Omit<Gateway, 'stopListening' | 'measure' | 'scrape'>;

/** A gateway in this process. Rejects with ERR_CONFIG_INVALID when it cannot listen. */
export async function listen(options: Omit<GatewayOptions, 'now'>): Promise<Gateway> {
  const { host, port } = options.config;
  try {
    return await startGateway({ ...options, now: Date.now });
  } catch (error) {
    if (error instanceof GatewayError || !(error instanceof Error && 'code' in error)) throw error;
    const cure =
      error.code === 'EADDRINUSE'
        ? 'another process listens there: stop it, or set PORT'
        : 'check listen, HOST and PORT';
    throw new GatewayError(
      'ERR_CONFIG_INVALID',
      `cannot listen on ${host}:${port} (${String(error.code)}): ${cure}`,
    );
  }
}
