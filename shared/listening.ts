import type { AddressInfo, Server } from 'node:net';

/** Where a server listens that was told to listen on a port. */
export function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address !== null && typeof address !== 'string') return address;
  throw new TypeError('listening on a port has a port');
}
