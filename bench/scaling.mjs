// npm run scaling: simulates clusters of many calls.
import { join } from 'node:path';
import { compileBench, root } from './compile.mjs';

const { main } = await import(join(compileBench(), 'scaling/main.js'));
main(process.argv, root);
