import { agentsOf } from './checks.ts';
import type { Problems } from './problems.ts';
import type { ConfigFile } from './schema.ts';

/** What an agent may do with its calls, where that makes no sense. */
export function checkCalls(file: ConfigFile, found: Problems): void {
  for (const { path, agent } of agentsOf(file)) {
    const { websocket_auth, outbound, end_call_when_bot_leaves, steps } = agent;
    if (outbound && websocket_auth !== 'token') {
      found.add(`${path}.outbound`, 'needs websocket_auth = "token": the call that is answered shows one');
    }
    if (end_call_when_bot_leaves && steps?.goodbye?.some(({ type }) => type !== 'hangUp')) {
      const sentence = 'would end the call before steps.goodbye is heard: leave one of them out';
      found.add(`${path}.end_call_when_bot_leaves`, sentence);
    }
  }
}
