import { ask, upgradeText } from '../attacks/raw.ts';
import type { StartedSession } from '../chaos/gateway-process.ts';

/** Milliseconds for an answer to an upgrade. */
const PATIENCE = 20_000;

/** Upgrades by hand at the gateway on `port`, and hangs up. Resolves with the status; 0 when there is none. */
export async function knock(port: number, { wsUrl, token }: StartedSession): Promise<number> {
  const target = `${new URL(wsUrl).pathname}/${token}`;
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<number>((resolve) => {
    late = setTimeout(resolve, PATIENCE, 0);
  });
  const answer = ask(port, upgradeText(target)).then(({ status }) => status);
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(late));
}
