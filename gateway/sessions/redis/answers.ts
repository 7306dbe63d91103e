import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Answer, Answers, MemoryAnswersOptions } from '../../../shared/answers.ts';
import type { HttpResponse } from '../../../shared/http.ts';
import { deriveKey, type MasterSecret } from '../../secrets.ts';
import { keys } from './keys.ts';
import type { RedisLink } from './link.ts';

/** Milliseconds one replica has to make an answer that others wait for; then whoever asks next makes one. */
const MAKE_TIMEOUT = 10_000;
/** Milliseconds a replica waits for the answer of another: a carrier waits 15 s, and its caller hears nothing. */
const WAIT_TIMEOUT = 5000;
/** Milliseconds between two looks for it. */
const WAIT_STEP = 50;

const LABEL = 'hookswitch/answer/v1';
const Response: z.ZodType<HttpResponse> = z.strictObject({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

/**
 * Answers to carriers' webhooks that all replicas give alike. They hold tokens, so they are kept sealed: a dump of Redis
 * gives no usable token. Without Redis each is made anew and kept nowhere; it can only be one without a token.
 */
export function redisAnswers(
  link: RedisLink,
  secrets: readonly MasterSecret[],
): (options: Pick<MemoryAnswersOptions, 'ttl' | 'whenFull'>) => Answers {
  const { seal, unseal } = sealer(secrets);

  /** True: we make it. Otherwise what stands there: sealed, or empty while somebody makes it. */
  async function begin(name: string): Promise<true | string> {
    const expiration = { type: 'PX', value: MAKE_TIMEOUT } as const;
    const [isOurs, text] = await link.together((batch) => {
      batch.set(name, '', { expiration, condition: 'NX' }).get(name);
    });
    return isOurs === 'OK' ? true : typeof text === 'string' ? text : '';
  }

  async function keep(name: string, { response, keep: isKept }: Answer, ttl: number): Promise<HttpResponse> {
    const text = seal(JSON.stringify(response));
    await link
      .run<unknown>((client) =>
        isKept ? client.set(name, text, { expiration: { type: 'PX', value: ttl } }) : client.del(name),
      )
      .catch(() => {}); // the carrier gets its answer all the same
    return response;
  }

  return ({ ttl, whenFull }) => ({
    async once(key, make) {
      const name = keys.answer(createHash('sha256').update(key).digest('base64url'));
      const until = performance.now() + WAIT_TIMEOUT;
      while (performance.now() < until) {
        const begun = await begin(name).catch(() => null);
        if (begun === null) return (await make()).response;
        if (begun === true) return keep(name, await make(), ttl);
        // Sealed with a secret that is no longer configured: there is a token already, and nobody can say which.
        if (begun !== '') return unseal(begun) ?? whenFull();
        await sleep(WAIT_STEP);
      }
      return whenFull();
    },
  });
}

interface Sealer {
  readonly seal: (text: string) => string;
  /** Null for what nobody with our secrets has sealed. */
  readonly unseal: (sealed: string) => HttpResponse | null;
}

/** AES-256-GCM: 12 bytes of nonce, 16 of tag, then the text. */
function sealer(secrets: readonly MasterSecret[]): Sealer {
  const ring = secrets.map((secret) => deriveKey(secret, LABEL));
  const [first] = ring;
  if (!first) throw new TypeError('answers are sealed with at least one secret');

  return {
    seal(text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', first, nonce);
      const sealed = Buffer.concat([cipher.update(text), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    unseal(encoded) {
      const sealed = Buffer.from(encoded, 'base64url');
      const text = ring.map((key) => opened(key, sealed)).find((found) => found !== null);
      return text === undefined ? null : (Response.safeParse(JSON.parse(text)).data ?? null);
    },
  };
}

function opened(key: Buffer, sealed: Buffer): string | null {
  try {
    const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 });
    cipher.setAuthTag(sealed.subarray(12, 28));
    return Buffer.concat([cipher.update(sealed.subarray(28)), cipher.final()]).toString();
  } catch {
    return null;
  }
}
