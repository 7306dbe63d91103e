import type { LookupFunction } from 'node:net';
import type { Lookup } from '../../gateway/pools/discovery.ts';
import type { Config } from '../../gateway/config/config.ts';
import type { ConnectTools } from '../connect/command.ts';

/** The outside world of the command. */
export interface DoctorTools extends ConnectTools {
  /** How the public host name is looked up; as the system does it when not given. */
  readonly lookup?: LookupFunction;
  /** The same for host names of bots. */
  readonly lookupBots?: Lookup;
  /** Certificates to trust besides those of Node; none when not given. */
  readonly ca?: string;
}

/** What the checks look at. */
export interface DoctorScene {
  readonly config: Config;
  /** Without a slash at its end; null where none is known. */
  readonly publicUrl: string | null;
  readonly tools: DoctorTools;
  /** Milliseconds that a socket is kept idle; null asks not to. */
  readonly idle: number | null;
  /** False where dialling the bots is not wanted. */
  readonly dialsBots: boolean;
}

/** Milliseconds for one request, one handshake, one connection: a carrier that waits for as long has lost its caller. */
export const CHECK_TIMEOUT = 10_000;

/** Host name without brackets, and port, of the public URL. */
export function placeOf(publicUrl: string): {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
} {
  const { protocol, hostname, port } = new URL(publicUrl);
  const isSecure = protocol === 'https:';
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || (isSecure ? 443 : 80),
    isSecure,
  };
}
