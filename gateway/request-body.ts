import type { RequestHandler } from 'express';
import { GatewayError } from '../shared/errors.ts';

/**
 * The raw bytes, whatever their type: signatures cover them. Over the limit ERR_REQUEST_TOO_LARGE at once, where
 * body-parser would read all the rest before it says so; compressed ERR_TYPE_UNSUPPORTED.
 */
export function rawBody(limit: number): RequestHandler {
  return (request, _response, next) => {
    const { 'content-encoding': encoding = 'identity', 'content-length': length = '0' } = request.headers;
    if (encoding.toLowerCase() !== 'identity') {
      return next(new GatewayError('ERR_TYPE_UNSUPPORTED', 'send the request without a content encoding'));
    }
    const tooLarge = new GatewayError(
      'ERR_REQUEST_TOO_LARGE',
      `the request is over ${limit} bytes: send less`,
    );
    if (Number(length) > limit) return next(tooLarge);

    const chunks: Buffer[] = [];
    let bytes = 0;
    const keep = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= limit) return void chunks.push(chunk);
      request.off('data', keep).off('end', finish);
      next(tooLarge);
    };
    const finish = (): void => {
      request.body = Buffer.concat(chunks);
      next();
    };
    request.on('data', keep).once('end', finish);
    request.on('error', () => {}); // cut off: nobody is left to answer
  };
}
