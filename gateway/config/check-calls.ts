import { agentsOf } from './checks.ts';
import type { Problems } from './problems.ts';
import type { ConfigFile } from './schema.ts';

/** What an agent may do with its calls, where that makes no sense. */
export function checkCalls(file: ConfigFile, found: Problems): void {
  for (const { path, agent } of agentsOf(file)) {
    if (agent.outbound && agent.websocket_auth !== 'token') {
      found.add(`${path}.outbound`, 'needs websocket_auth = "token": the call that is answered shows one');
    }
    if (agent.end_call_when_bot_leaves && agent.steps?.goodbye) {
      found.add(
        `${path}.steps.goodbye`,
        'end_call_when_bot_leaves ends the call first: leave one of them out',
      );
    }
  }
}
