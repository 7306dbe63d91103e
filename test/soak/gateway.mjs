// A gateway in a process of its own that answers over IPC what it holds. Run with --expose-gc.
import { readdirSync, readFileSync } from 'node:fs';
import {
  allProviders,
  createLog,
  invent,
  memoryStore,
  readConfig,
  startGateway,
} from '../../dist/gateway/index.js';

// Its clock runs sixty times as fast, so that tokens, which are remembered for five minutes, are forgotten after five
// seconds: what is held after many calls is then the same as after a few, unless something leaks.
const since = Date.now();
const now = () => since + 60 * (Date.now() - since);

const { toml, env } = JSON.parse(process.env.SOAK_CONFIG ?? '{}');
const config = readConfig({ toml, env, modules: allProviders, invent: () => invent(allProviders) });
let errors = 0;
const destination = {
  write(line) {
    if (/"level":"(error|fatal)"/.test(line)) {
      errors += 1;
      process.stderr.write(line);
    }
  },
};
const gateway = await startGateway({
  config,
  sessions: memoryStore(config.limits, now),
  log: createLog(destination, (line) => line),
  now,
});

/** Bytes of the allocator's heap that are in memory: what is allocated, and holes between that it cannot give back. */
function mallocHeap() {
  const resident = /\[heap\]\n(?:.*\n)*?Rss: +(\d+) kB/.exec(readFileSync('/proc/self/smaps', 'utf8'));
  return Number(resident?.[1] ?? 0) * 1024;
}

function holding() {
  for (let round = 0; round < 4; round += 1) globalThis.gc();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const resources = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  return {
    rss,
    heapUsed,
    external,
    arrayBuffers,
    resources,
    descriptors: readdirSync('/proc/self/fd').length,
    mallocHeap: mallocHeap(),
    errors,
  };
}

process.on('message', () => process.send({ holding: holding() }));
process.once('disconnect', () => process.exit());
process.send({ port: gateway.address.port });
