import pino from 'pino';
import { createLog, maskSecrets, type Log } from '../gateway/log.ts';

/** JSON lines on standard output; readable ones when it is a terminal. A full disk or a closed pipe ends no call. */
export async function openLog(secretValues: readonly string[]): Promise<Log> {
  const mask = maskSecrets(secretValues);
  if (process.stdout.isTTY) {
    const { default: pretty } = await import('pino-pretty');
    return createLog(pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }), mask);
  }
  const destination = pino.destination({ fd: 1, sync: false });
  destination.on('error', () => {}); // the line is lost; unheard, the error would end the process and every call in it
  return createLog(destination, mask);
}
