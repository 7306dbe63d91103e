import { run } from '../chaos/compile.mjs';

await run('faults/half-open-scene.ts');
