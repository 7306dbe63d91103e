import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { exchange } from '../chaos/exchange.ts';

/** Milliseconds between two looks at /readyz, and for each of them. */
const POLL = 200;
const POLL_TIMEOUT = 1000;

/** Spreads TCP connections over those replicas that are ready, in turn. A connection stays with its replica. */
export interface Balancer {
  readonly port: number;
  /** By a client's own port: to which replica it is connected. */
  replicaOf(clientPort: number): number | undefined;
  /** Connections made to each replica so far. */
  readonly made: readonly number[];
  close(): void;
}

/** Listens on `port`. `ports`: of the replicas, which need not be there yet. */
export async function balancer(port: number, ports: readonly number[]): Promise<Balancer> {
  const ready = ports.map(() => false);
  const made = ports.map(() => 0);
  const routes = new Map<number, number>();
  const sockets = new Set<Socket>();
  let turn = 0;
  const closing = new AbortController();

  async function watch(index: number): Promise<void> {
    while (!closing.signal.aborted) {
      ready[index] = await isReady(ports[index] ?? 0);
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
  }
  for (const index of ports.keys()) void watch(index);

  /** Those that are ready in turn, then the others: where nobody is ready, somebody still has to say no. */
  function candidates(): number[] {
    turn += 1;
    const inTurn = ports.map((_, index) => (index + turn) % ports.length);
    return [...inTurn.filter((index) => ready[index]), ...inTurn.filter((index) => !ready[index])];
  }

  function keep(socket: Socket): Socket {
    sockets.add(socket.setNoDelay(true).once('close', () => sockets.delete(socket)));
    return socket;
  }

  async function serve(client: Socket): Promise<void> {
    keep(client).on('error', () => {});
    for (const index of candidates()) {
      const upstream = await reach(ports[index] ?? 0);
      if (!upstream) continue;
      made[index] = (made[index] ?? 0) + 1;
      const { remotePort = 0 } = client;
      routes.set(remotePort, index);
      client.once('close', () => routes.delete(remotePort));
      return join(client, keep(upstream));
    }
    client.resetAndDestroy();
  }

  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (client) => void serve(client));
  server.listen(port, '127.0.0.1', 4096);
  await once(server, 'listening');
  return {
    port,
    replicaOf: (clientPort) => routes.get(clientPort),
    made,
    close() {
      closing.abort();
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

async function isReady(port: number): Promise<boolean> {
  const headers = { host: 'balancer' };
  const late = new Promise<null>((resolve) => void setTimeout(resolve, POLL_TIMEOUT, null).unref());
  const answer = exchange({ port, method: 'GET', path: '/readyz', headers, body: '', http: false });
  return (await Promise.race([answer, late]).catch(() => null))?.status === 200;
}

/** Null when nobody listens there. */
async function reach(port: number): Promise<Socket | null> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    socket.destroy();
    return null;
  }
}

/** Bytes, ends and resets, both ways. */
function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.resetAndDestroy());
    from.once('close', () => to.destroySoon());
    from.pipe(to);
  }
}
