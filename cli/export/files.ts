import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readmeOf } from './readme.ts';
import { fileOf, stemOf, variablesOf, type Export } from './targets.ts';

/** What `twilio-run start` and Twilio's deployment ask for, and nothing else. Both read 2026-11-21 in twilio-run 5.0.1. */
const TWILIO_RUN = '5.0.1';
const RUNTIME_HANDLER = '2.1.0';

/** Twilio's limit for the name of a service, which twilio-run takes from package.json. */
const MAX_SERVICE_NAME = 50;

/** Every file of an export, by its path in the folder. `templates`: what scripts/functions.mjs built. */
export function filesOf(given: Export, templates: string, version: string): ReadonlyMap<string, string> {
  const { target, module } = given;
  const template = readFileSync(join(templates, target, `${module.name}.txt`), 'utf8');
  const handler = `${headOf(given, version)}\n${template.trimEnd()}\n`;
  const files = new Map([
    [fileOf(given), handler],
    ['README.md', readmeOf(given, version, Buffer.byteLength(handler))],
    ['.env.example', environmentOf(given)],
    ['.gitignore', '.env*\n!.env.example\nenvironment.json\nnode_modules\n*.zip\n'],
    ['NOTICES.txt', readFileSync(join(templates, `${module.name}.notices.txt`), 'utf8')],
  ]);
  if (target === 'twilio-function') files.set('package.json', packageOf(given));
  return files;
}

/** The settings stand above the bundle, to be read and changed. They are JSON, whatever is in them. */
function headOf({ module, settings }: Export, version: string): string {
  return [
    `// The voice webhook of ${module.name}, written by "hookswitch export" ${version}. What is inside: NOTICES.txt.`,
    '// A variable of the same name goes before a setting. Keys and tokens are variables: none of them is in this file.',
    `const HOOKSWITCH_SETTINGS = ${JSON.stringify(settings, null, 2)};`,
  ].join('\n');
}

function environmentOf(given: Export): string {
  return variablesOf(given)
    .map(({ name, from }) => `# ${from}\n${name}=\n`)
    .join('\n');
}

function packageOf(given: Export): string {
  const manifest = {
    name: `hookswitch-${stemOf(given)}`.slice(0, MAX_SERVICE_NAME).replace(/-+$/, ''),
    version: '1.0.0',
    private: true,
    scripts: { start: 'twilio-run start', deploy: 'twilio-run deploy' },
    dependencies: { '@twilio/runtime-handler': RUNTIME_HANDLER },
    devDependencies: { 'twilio-run': TWILIO_RUN },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
