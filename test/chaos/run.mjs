import { run } from './compile.mjs';

await run('chaos/main.ts');
