import { createLog, maskSecrets, type Log } from '../gateway/log.ts';
import { lineWriter, type Write } from './line-writer.ts';

/**
 * JSON lines on standard output; readable ones when it is a terminal. A full disk or a closed pipe ends no call. `write`: how
 * bytes reach a descriptor, if not with node:fs as they are.
 */
export async function openLog(secretValues: readonly string[], write?: Write): Promise<Log> {
  const mask = maskSecrets(secretValues);
  if (process.stdout.isTTY) {
    const { default: pretty } = await import('pino-pretty');
    const options = { sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss.l' };
    return createLog(pretty(options), mask);
  }
  const writer = lineWriter(1, write);
  process.on('exit', () => writer.flush());
  return createLog(writer, mask);
}
