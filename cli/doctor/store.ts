import { skipped, type Findings } from './finding.ts';
import type { DoctorScene } from './scene.ts';

/** Where sessions are kept. A client of Redis is loaded only where there is one. */
export async function* checkStore({ config: { store, workers } }: DoctorScene): Findings {
  if (store) return yield* (await import('./redis.ts')).checkRedis(store);
  const alone =
    workers > 1 ? 'the memory of the gateway, shared by its workers' : 'the memory of the gateway';
  yield skipped('Redis', `sessions are kept in ${alone}`);
}
