import { expect, test } from 'vitest';
import { hostedAnswers, type HostedAnswers } from '../../gateway/workers/hosted-answers.ts';
import { remoteAnswers, type RemoteAnswers } from '../../gateway/workers/remote-answers.ts';
import { memoryAnswers, type Answer, type Answers } from '../../shared/answers.ts';
import type { HttpResponse } from '../../shared/http.ts';

function response(body: string): HttpResponse {
  return { status: 200, headers: {}, body };
}

function memory(max = 10): Answers {
  const whenFull = (): Promise<never> => Promise.reject(new Error('full'));
  return memoryAnswers({ now: () => 0, ttl: 1000, max, whenFull });
}

interface Worker extends RemoteAnswers, Pick<HostedAnswers, 'release'> {
  once(key: string, make: () => Promise<Answer>): Promise<string>;
}

function worker(shared: Answers, { timeout = 1000, isStuck = false } = {}): Worker {
  const hosted = hostedAnswers(
    shared,
    (reply) => void setImmediate(() => remote.receive(structuredClone(reply))),
  );
  const remote = remoteAnswers({
    timeout,
    send: (request) => void (isStuck ? null : setImmediate(() => hosted.receive(structuredClone(request)))),
  });
  const answers = remote.answers({ whenFull: async () => response('sorry') });
  return {
    ...remote,
    release: () => hosted.release(),
    once: async (key, make) => (await answers.once(key, make)).body,
  };
}

function making(body: string, keep = true): () => Promise<Answer> {
  return async () => ({ response: response(body), keep });
}

test('one of all workers makes an answer, and all give it', async () => {
  const shared = memory();
  const [one, two] = [worker(shared), worker(shared)];
  const given = await Promise.all([one, two, one, two].map((at, index) => at.once('k', making(`${index}`))));
  expect(given).toEqual(['0', '0', '0', '0']);
  expect(await two.once('k', making('4'))).toBe('0');
  expect(await two.once('l', making('5'))).toBe('5');
});

test('an answer that is not kept is made anew', async () => {
  const at = worker(memory());
  expect(await at.once('k', making('0', false))).toBe('0');
  expect(await at.once('k', making('1'))).toBe('1');
});

test('when its maker fails, or is gone, nobody waits for it, and it can be made anew', async () => {
  const shared = memory();
  const [one, two] = [worker(shared), worker(shared)];
  expect(await one.once('k', () => Promise.reject(new Error('no')))).toBe('sorry');
  let started = (): void => {};
  const isStarted = new Promise<void>((resolve) => (started = resolve));
  void one.once('k', () => {
    started();
    return new Promise(() => {});
  });
  await isStarted;
  const waits = two.once('k', making('1'));
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  one.release();
  expect(await waits).toBe('sorry');
  expect(await two.once('k', making('2'))).toBe('2');
});

test('without room, without an answer in time, and without the other process it says sorry', async () => {
  const full = worker(memory(1));
  await full.once('k', making('0'));
  expect(await full.once('l', making('1'))).toBe('sorry');
  expect(await worker(memory(), { timeout: 20, isStuck: true }).once('k', making('0'))).toBe('sorry');
  const stuck = worker(memory(), { isStuck: true });
  const waits = stuck.once('k', making('0'));
  stuck.lost();
  expect([await waits, await stuck.once('l', making('0'))]).toEqual(['sorry', 'sorry']);
});
