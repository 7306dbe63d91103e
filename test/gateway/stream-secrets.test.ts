import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { allProviders } from '../../gateway/carriers.ts';
import { readConfig, type Config } from '../../gateway/config/config.ts';
import { invent } from '../../gateway/config/invented.ts';
import { isSecretShape, isStreamSecret } from '../../gateway/stream-secrets.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const secret = `ss_${randomBytes(16).toString('hex')}`;

function config(variable: string, toml = ''): Config {
  const env = { HOOKSWITCH_STREAM_SECRETS: variable, ...invented.carriers };
  return readConfig({ toml, env, modules: allProviders, invent: () => invented });
}
const invented = invent(allProviders);
const agent = '[[agents]]\nagent_name = "support"\nwebsocket_auth = "token"\nbots = ["demo:"]\n';
const secretsOf = ({ organizations }: Config): unknown =>
  organizations.flatMap(({ agents }) => agents.map(({ name, streamSecrets }) => [name, streamSecrets]));

describe('a static secret', () => {
  test.each([
    [21, false],
    [22, true],
    [256, true],
    [257, false],
  ])('of %i characters: %s', (length, fits) => {
    const text = 'a'.repeat(length);
    expect(isSecretShape(text)).toBe(fits);
    expect(isStreamSecret(text, [hash(text)])).toBe(fits);
  });

  test.each([null, '', secret.slice(1), `${secret} `, hash(secret), secret.replace('ss', '%73s')])(
    'is not %j',
    (given) => {
      expect(isStreamSecret(given, [hash(secret)])).toBe(false);
    },
  );

  test('is any of those an agent has, and no agent has one by default', () => {
    expect(isStreamSecret(secret, [hash('another'), hash(secret)])).toBe(true);
    expect(isStreamSecret(secret, [])).toBe(false);
    expect(secretsOf(config('', agent))).toEqual([['support', []]]);
  });
});

describe('HOOKSWITCH_STREAM_SECRETS', () => {
  test('gives agents their secrets, beside those of the file', () => {
    const toml = `${agent}stream_secrets = ["sha256:${'0'.repeat(64)}"]\n`;
    const given = config(`support=${secret}, support.local=sha256:${'1'.repeat(64)}`, toml);
    expect(secretsOf(given)).toEqual([['support', ['0'.repeat(64), hash(secret), '1'.repeat(64)]]]);
    expect(given.secretValues).toContain(secret);
  });

  test('is made up for the demo agent where nothing is configured', () => {
    const given = readConfig({ toml: null, env: {}, modules: allProviders, invent: () => invented });
    expect(secretsOf(given)).toEqual([['demo', [hash(invented.streamSecret)]]]);
    expect(given.secretValues).toContain(invented.streamSecret);
  });

  test.each([
    ['support', /entry 1 must be an agent, "=", and 22 to 256/],
    [`support=${'a'.repeat(21)}`, /entry 1 must be/],
    ['support=sha256:abc', /entry 1 must be/],
    [`=${secret}`, /entry 1 must be/],
    [`support=${secret},`, /entry 2 must be/],
    [`support=${secret} ${secret}`, /entry 1 must be/],
    [`sales=${secret}`, /there is no agent sales\.local/],
    [`support.acme=${secret}`, /there is no agent support\.acme/],
  ])('that cannot be right stops the gateway, and is not shown: %s', (variable, reason) => {
    expect(() => config(variable, agent)).toThrow(reason);
    expect(() => config(variable, agent)).not.toThrow(secret);
  });
});
