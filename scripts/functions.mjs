// Bundles what `hookswitch export` writes: for each target and carrier one file that imports no package.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { esmExternalRequirePlugin } from 'rolldown/plugins';

const root = join(import.meta.dirname, '..');

/** HOOKSWITCH_SETTINGS stays a free name: export writes a constant of that name above the bundle. */
const targets = {
  'twilio-function': { format: 'cjs', maker: 'twilioFunction', exported: 'export const handler =' },
  lambda: { format: 'esm', maker: 'lambda', exported: 'export const handler =' },
  fetch: { format: 'esm', maker: 'fetchModule', exported: 'export default' },
};

/** The registry, as far as it has webhooks to export: all of it, because what cannot be exported costs nothing here. */
export function carriers() {
  const registry = readFileSync(join(root, 'providers/index.ts'), 'utf8');
  return [...registry.matchAll(/^export \{ (\w+) \} from '(\.\/\w+\/index\.ts)';$/gm)].map(
    ([, name, path]) => ({ name, path: `./providers/${path}` }),
  );
}

/** Into `folder`: <target>/<carrier>.txt, and <carrier>.notices.txt with the licences of what is inside. */
export async function buildFunctions(folder) {
  for (const [target, { format, maker, exported }] of Object.entries(targets)) {
    mkdirSync(join(folder, target), { recursive: true });
    for (const { name, path } of carriers()) {
      const { code, moduleIds } = await bundled(format, [
        `import { ${name} } from '${path}';`,
        `import { ${maker} } from './shared/runtime/deployed.ts';`,
        `${exported} ${maker}(${name}, HOOKSWITCH_SETTINGS);`,
      ]);
      writeFileSync(join(folder, target, `${name}.txt`), code);
      writeFileSync(join(folder, `${name}.notices.txt`), notices(moduleIds));
    }
  }
}

async function bundled(format, source) {
  const bundle = await rolldown({
    input: ENTRY,
    platform: 'node',
    cwd: root,
    plugins: [plugin(source.join('\n')), ...(format === 'esm' ? [builtinsAsImports] : [])],
  });
  const { output } = await bundle.generate({
    format,
    exports: 'named',
    minify: true,
    comments: false,
    codeSplitting: false,
    paths: (id) => (builtinModules.includes(id) ? `node:${id}` : id), // as Deno and Workers want them
  });
  await bundle.close();
  return output[0];
}

/** `require('crypto')` of a CommonJS package becomes an import: there is no `require` in Workers. */
const builtinsAsImports = esmExternalRequirePlugin({
  external: builtinModules.flatMap((name) => [name, `node:${name}`]),
});

const ENTRY = join(root, 'entry.ts');
const NOTHING = '\0nothing ';
const LODASH = '\0lodash';
/** The same bytes as with xmlbuilder2, without its 300 kB. */
const XML = join(root, 'providers/xml-small.ts');

/** What a room's module has beside its webhook: call control, the simulator's half, the stream's codec. */
const BESIDE = /^\.\/(?:carrier|client|control|desk|numbers|stream)\.ts$/;

function plugin(entry) {
  return {
    name: 'hookswitch-functions',
    resolveId(id, importer = '', { kind }) {
      if (id === ENTRY) return ENTRY;
      // Loaded on demand: the SDKs' clients. No webhook comes there.
      if (kind === 'dynamic-import') return NOTHING;
      if (BESIDE.test(id) && /\/providers\/\w+\/index\.ts$/.test(importer)) {
        return NOTHING + join(dirname(importer), id);
      }
      if (id === './xml.ts' && importer === join(root, 'providers/documents.ts')) return XML;
      // Plivo's validator wants all of lodash for two functions: they come from lodash's own files.
      return id === 'lodash' ? LODASH : null;
    },
    load(id) {
      if (id === ENTRY) return entry;
      if (id === LODASH) {
        return "exports.isEmpty = require('lodash/isEmpty'); exports.split = require('lodash/split');";
      }
      return id.startsWith(NOTHING) ? exportsOf(id.slice(NOTHING.length)) : null;
    },
  };
}

/** The names that a file exports, without what is behind them. */
function exportsOf(path) {
  if (path === '') return 'export {};';
  const source = readFileSync(path, 'utf8');
  const names = [...source.matchAll(/^export (?:async )?(?:const|function|class) (\w+)/gm)];
  return names.map(([, name]) => `export const ${name} = undefined;`).join('\n');
}

/** Licences ask to be handed on with what they are for. */
function notices(moduleIds) {
  const packages = new Set(
    moduleIds.flatMap((id) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []),
  );
  return [root, ...packages]
    .map((folder) => {
      const {
        name,
        version,
        license = 'its licence:',
      } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file === undefined ? '' : `\n\n${readFileSync(join(folder, file), 'utf8').trim()}`;
      return `${name} ${version}, ${license}${text}\n`;
    })
    .join(`\n${'-'.repeat(72)}\n\n`);
}

if (process.argv[1] === import.meta.filename) {
  const [folder] = process.argv.slice(2);
  if (!folder || !existsSync(dirname(folder))) throw new Error('usage: node scripts/functions.mjs <folder>');
  await buildFunctions(folder);
}
