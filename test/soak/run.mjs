import { run } from '../chaos/compile.mjs';

await run('soak/main.ts');
