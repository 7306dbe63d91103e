import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../chaos/gateway-process.ts';
import type { TestRedis } from './redis.ts';

/** The user of the documentation, with the password "test". */
const acl = readFileSync(join(root, 'deploy/redis/users.acl'), 'utf8');
export const rights: readonly string[] = (/^user hookswitch (.*)$/m.exec(acl)?.[1] ?? '')
  .split(' ')
  .filter((word) => !/^[#>]/.test(word));

/** For `testRedis`: adds the user "hookswitch" with the least rights. */
export const leastRights: readonly string[] = ['--user', 'hookswitch', '>test', ...rights];

export function asHookswitch({ port }: Pick<TestRedis, 'port'>): string {
  return `redis://hookswitch:test@127.0.0.1:${port}`;
}
