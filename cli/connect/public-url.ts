import { BlockList, isIP } from 'node:net';
import { GatewayError } from '../../shared/errors.ts';
import { isLoopback } from '../../shared/loopback.ts';

/** Networks that no carrier can reach: RFC 1122, 1918, 3927, 6598; for IPv6 RFC 4193 and 4291. */
const unreachable = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  unreachable.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  unreachable.addSubnet(network, prefix, 'ipv6');
}

/** Is this an address of a machine that carriers cannot reach? */
function isUnreachable(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && unreachable.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

export interface UrlProblem {
  readonly cause: string;
  readonly cure: string;
}

/** Why carriers could not, or should not, be told this URL; null when they may. */
export function problemOfPublicUrl(publicUrl: string | null): UrlProblem | null {
  if (publicUrl === null) {
    return { cause: 'there is no public URL', cure: 'set public_url, PUBLIC_URL or --url to https://…' };
  }
  const { protocol, hostname } = new URL(publicUrl);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const isPrivate = !/[.:]/.test(host) || /\.(local|internal|localhost)$/.test(host);
  if (isLoopback(host) || isUnreachable(host) || isPrivate) {
    const cause = `${publicUrl} is an address that only this machine or its network knows`;
    return { cause, cure: 'use a public host name, or a tunnel' };
  }
  if (protocol !== 'https:') {
    const cause = `${publicUrl} is not https`;
    return {
      cause,
      cure: 'put a TLS proxy before the gateway: phone numbers and audio would travel in the clear',
    };
  }
  return null;
}

/** `--url`, without a slash at its end; null when it is not given. Throws ERR_REQUEST_INVALID. */
export function readPublicUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (isHttp(text) && !/[?#@]/.test(text)) return text.replace(/\/+$/, '');
  throw new GatewayError(
    'ERR_REQUEST_INVALID',
    '--url must be an http or https URL without query, fragment and user',
  );
}

export function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
