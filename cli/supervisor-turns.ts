import { connect, type AddressInfo } from 'node:net';

/**
 * Keeps calls from piling up on some workers. node:cluster hands connections round in turn, and a call is two of them, its
 * start and its socket: of two workers, one could get all the starts and the other one all the sockets.
 *
 * To be told of every call, by the index of its worker. `skip` uses up one turn, when a worker with fewer calls was passed
 * over for a whole round. `calls`: live ones of each worker.
 */
export function fairTurns(calls: () => readonly number[], skip: () => void): (index: number) => void {
  const missed: number[] = [];
  return (index) => {
    const counts = calls();
    for (const other of counts.keys()) missed[other] = other === index ? 0 : (missed[other] ?? 0) + 1;
    const here = counts[index] ?? 0;
    const poor = counts.findIndex((count, at) => count < here - 1 && (missed[at] ?? 0) >= counts.length);
    if (poor === -1) return;
    missed.fill(0);
    skip();
  };
}

/** Uses up a worker's turn with a connection that says nothing. */
export function useUpTurn({ address, port }: AddressInfo): void {
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  const turn = connect({ host, port }, () => turn.destroy());
  turn.on('error', () => {});
}
