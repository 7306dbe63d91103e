// npm run bench: builds what is measured and what measures, then measures.
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, isBuilt } from '../scripts/build.mjs';
import { compileBench, root } from './compile.mjs';

/** A copy: whoever builds meanwhile does not change what is measured. */
const product = join(root, `dist.measured.${process.pid}`);
process.on('exit', () => rmSync(product, { recursive: true, force: true }));

if (!isBuilt()) build();
cpSync(join(root, 'dist'), product, { recursive: true });
const { main } = await import(join(compileBench(), 'main.js'));
await main(process.argv, product);
