import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { invent, type Invented } from '../gateway/config/invented.ts';
import type { Env } from '../shared/env.ts';
import { GatewayError } from '../shared/errors.ts';
import { parseFields } from '../shared/fields.ts';
import type { ProviderModule } from '../shared/provider.ts';
import { writePrivateFile } from './private-file.ts';

/** What a gateway with nothing configured made up, kept so that `hookswitch call` can sign as the carriers do. */
export interface State {
  readonly invented: Invented;
  /** True when it was made up just now. */
  readonly isNew: boolean;
}

/** Where that is: HOOKSWITCH_STATE, or hookswitch/state.json in the user's state folder. */
export function stateFile(env: Env): string {
  if (env['HOOKSWITCH_STATE']) return env['HOOKSWITCH_STATE'];
  const folder = env['XDG_STATE_HOME'] || join(home(), '.local', 'state');
  return join(folder, 'hookswitch', 'state.json');
}

/** A user without a line in /etc/passwd, and without HOME, has none. */
function home(): string {
  try {
    return homedir();
  } catch (cause) {
    const sentence = 'this user has no home folder to keep made-up keys in: set HOOKSWITCH_STATE to a file';
    throw new GatewayError('ERR_CONFIG_INVALID', sentence, { cause });
  }
}

/** What was made up earlier, or null. Throws ERR_CONFIG_INVALID when the file is damaged, or not its owner's alone. */
export function readState(env: Env): Invented | null {
  const file = stateFile(env);
  let text: string;
  try {
    const { mode } = statSync(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new GatewayError(
        'ERR_CONFIG_INVALID',
        `${file} holds secrets and others may read it: chmod 600 it, or delete it`,
      );
    }
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    const fields = parseFields(text, 'ERR_CONFIG_INVALID');
    return {
      secret: Buffer.from(fields.string('secret'), 'base64url'),
      publicKey: fields.string('publicKey'),
      privateKey: fields.string('privateKey'),
      streamSecret: fields.has('streamSecret') ? fields.string('streamSecret') : '',
      carriers: fields.strings('carriers'),
    };
  } catch {
    throw new GatewayError('ERR_CONFIG_INVALID', `${file} is damaged: delete it, and a new one is made`);
  }
}

/** What was made up earlier; otherwise makes it up now and keeps it. */
export function readOrInvent(env: Env, modules: readonly ProviderModule[]): State {
  const earlier = readState(env);
  const isComplete = earlier && earlier.streamSecret !== '' && strangersIn(earlier, modules).length === 0;
  if (isComplete) return { invented: earlier, isNew: false };
  const invented = earlier ? completed(earlier, modules) : invent(modules);
  writeState(stateFile(env), invented);
  return { invented, isNew: !earlier };
}

/** Carriers that an earlier release, which made this up, did not know. */
function strangersIn({ carriers }: Invented, modules: readonly ProviderModule[]): ProviderModule[] {
  return modules.filter(({ variables }) => !variables.some((name) => Object.hasOwn(carriers, name)));
}

function completed(earlier: Invented, modules: readonly ProviderModule[]): Invented {
  const added = invent(strangersIn(earlier, modules));
  return {
    ...earlier,
    streamSecret: earlier.streamSecret || added.streamSecret,
    carriers: { ...earlier.carriers, ...added.carriers },
  };
}

function writeState(file: string, { secret, ...rest }: Invented): void {
  writePrivateFile(file, JSON.stringify({ secret: secret.toString('base64url'), ...rest }));
}
