import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readOrInvent, readState } from '../../cli/state.ts';
import { allProviders } from '../../gateway/carriers.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookswitch-state-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('what an earlier release made up stays, and carriers it did not know are added, once', () => {
  const file = join(folder, 'earlier.json');
  const env = { HOOKSWITCH_STATE: file };
  const { invented: whole } = readOrInvent(env, allProviders);
  const known = Object.entries(whole.carriers).filter(([name]) => name.startsWith('TWILIO_'));
  const { secret, publicKey, privateKey } = whole;
  const earlier = { secret: secret.toString('base64url'), publicKey, privateKey };
  writeFileSync(file, JSON.stringify({ ...earlier, carriers: Object.fromEntries(known) }), { mode: 0o600 });

  const { invented, isNew } = readOrInvent(env, allProviders);
  expect(isNew).toBe(false);
  expect(invented).toMatchObject({ publicKey, privateKey, secret, carriers: Object.fromEntries(known) });
  expect(Object.keys(invented.carriers).toSorted()).toEqual(Object.keys(whole.carriers).toSorted());
  expect(invented.streamSecret).toMatch(/^ss_[A-Za-z0-9_-]{43}$/);
  for (const module of allProviders) {
    expect(module.streamsOnly?.(invented.carriers) ?? module.configure(invented.carriers)).not.toBeNull();
  }
  const text = readFileSync(file, 'utf8');
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(readOrInvent(env, allProviders)).toEqual({ invented, isNew: false });
  expect(readFileSync(file, 'utf8')).toBe(text);
  expect(readState(env)).toEqual(invented);
});
