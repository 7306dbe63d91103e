import { expect, test } from 'vitest';
import { maskedStore } from '../../gateway/config/store.ts';
import { readRedisUrl } from '../../gateway/sessions/redis/target.ts';

const plain = { username: null, password: null, database: 0, tls: false };
const local = [{ host: '127.0.0.1', port: 6379 }];

test.each([
  ['redis://127.0.0.1', { ...plain, hosts: local }],
  ['redis://127.0.0.1:6379/', { ...plain, hosts: local }],
  ['redis://127.0.0.1/15', { ...plain, hosts: local, database: 15 }],
  ['rediss://cache.example.com', { ...plain, hosts: [{ host: 'cache.example.com', port: 6379 }], tls: true }],
  ['redis://[::1]:6380', { ...plain, hosts: [{ host: '::1', port: 6380 }] }],
  ['redis://u:p@127.0.0.1', { ...plain, hosts: local, username: 'u', password: 'p' }],
  ['redis://:p@127.0.0.1', { ...plain, hosts: local, password: 'p' }],
  ['redis://u:a%40b%3A%2F:c@127.0.0.1', { ...plain, hosts: local, username: 'u', password: 'a@b:/:c' }],
  [
    'redis://a:1,b:65535/2',
    {
      ...plain,
      hosts: [
        { host: 'a', port: 1 },
        { host: 'b', port: 65_535 },
      ],
      database: 2,
    },
  ],
])('%s is understood', (text, expected) => {
  expect(readRedisUrl(text)).toEqual(expected);
});

test.each([
  '',
  'memory:',
  'mysql://127.0.0.1',
  'redis:127.0.0.1',
  'redis://',
  'redis://u:p@',
  'redis://a:0',
  'redis://a:65536',
  'redis://a,',
  'redis://a b',
  'redis://a/one',
  'redis://a/1/2',
  'redis://a?x=1',
  'redis://a#x',
  'redis://%zz:p@a',
  'redis://u:%zz@a',
  'redis://[::1',
])('"%s" is refused', (text) => {
  expect(readRedisUrl(text)).toBeNull();
});

test.each([
  ['redis://u:secret-value@a,b:1/2', 'redis://u:***@a:6379,b:1/2'],
  ['rediss://:secret-value@[::1]', 'rediss://:***@[::1]:6379/0'],
  ['redis://u@a', 'redis://u@a:6379/0'],
  ['redis://a', 'redis://a:6379/0'],
])('%s is shown as %s', (text, shown) => {
  expect(maskedStore(readRedisUrl(text))).toBe(shown);
});
