// The CLI in a checkout: builds first when a source is newer than dist/.
import { build, isBuilt } from './build.mjs';

if (!isBuilt()) {
  process.stderr.write('building…\n');
  build();
}
await import('../dist/cli/main.js');
