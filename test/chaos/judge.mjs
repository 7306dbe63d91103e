import { run } from './compile.mjs';

await run('chaos/judge/main.ts');
