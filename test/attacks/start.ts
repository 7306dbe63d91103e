import { ask, requestText, type RawAnswer } from './raw.ts';

export interface RawStart {
  readonly port: number;
  readonly key: string;
  /** Path and query. */
  readonly target?: string;
  /** Header lines beside Host, Content-Length, Content-Type and Authorization. */
  readonly lines?: readonly string[];
  /** Names of headers to leave out, lower case. */
  readonly without?: readonly string[];
  readonly body?: string | Buffer;
}

/** POST /v1/public/support/start, byte by byte. The answer's Date is cut out, so that answers can be compared. */
export async function rawStart(start: RawStart): Promise<RawAnswer> {
  const { port, key, target = '/v1/public/support/start', lines = [], without = [], body = '{}' } = start;
  const bytes = Buffer.from(body as string);
  const own = [
    'Host: gateway.test',
    'Connection: close',
    `Authorization: Bearer ${key}`,
    'Content-Type: application/json',
    `Content-Length: ${bytes.length}`,
  ].filter((line) => !without.some((name) => line.toLowerCase().startsWith(`${name}:`)));
  const request = Buffer.concat([Buffer.from(requestText('POST', target, [...own, ...lines])), bytes]);
  const answer = await ask(port, request);
  return { ...answer, text: answer.text.replace(/^Date: .*\r\n/im, '') };
}
