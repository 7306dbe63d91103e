import { run } from '../chaos/compile.mjs';

await run('replicas/main.ts');
