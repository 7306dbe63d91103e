/** Posts signed Twilio voice webhooks, or /start, in closed loops and prints one JSON object, as wsload does. Its orders are its arguments. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, type RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { cpuSeconds } from './machine.ts';

interface Orders {
  readonly url: string;
  /** Of Twilio; without one, it is /start that is asked. */
  readonly accountSid: string;
  /** Of Twilio, or the public key. */
  readonly authToken: string;
  /** Whose CPU time is read. */
  readonly pids: readonly number[];
  readonly parallel: number;
  /** Seconds before the window, and its length. */
  readonly warm: number;
  readonly seconds: number;
}

/** What Twilio posts about a call that rings, with a CallSid of its own. */
export function voiceForm(accountSid: string): Record<string, string> {
  const place = { City: 'SAN FRANCISCO', Country: 'US', State: 'CA', Zip: '94103' };
  const places = ['Called', 'Caller', 'From', 'To'].flatMap((who) =>
    Object.entries(place).map(([name, value]) => [who + name, value]),
  );
  return {
    AccountSid: accountSid,
    ApiVersion: '2010-04-01',
    CallSid: `CA${randomBytes(16).toString('hex')}`,
    CallStatus: 'ringing',
    Called: '+14155550100',
    Caller: '+14155550199',
    Direction: 'inbound',
    From: '+14155550199',
    To: '+14155550100',
    ...Object.fromEntries(places),
  };
}

/** The p-quantile of sorted values. */
export function quantile(sorted: readonly number[], p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0;
}

async function post(orders: Orders, agent: Agent): Promise<boolean> {
  const { url, accountSid, authToken } = orders;
  if (accountSid === '') return start(url, authToken, agent);
  const form = voiceForm(accountSid);
  const options: RequestOptions = {
    agent,
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'x-twilio-signature': getExpectedTwilioSignature(authToken, url, form),
    },
  };
  const asking = request(url, options);
  asking.end(new URLSearchParams(form).toString());
  const [response] = await once(asking, 'response');
  return (await text(response)).includes('<Stream ') && response.statusCode === 200;
}

async function start(url: string, publicKey: string, agent: Agent): Promise<boolean> {
  const headers = { authorization: `Bearer ${publicKey}`, 'content-type': 'application/json' };
  const asking = request(url, { agent, method: 'POST', headers });
  asking.end('{}');
  const [response] = await once(asking, 'response');
  return (await text(response)).includes('"token":') && response.statusCode === 200;
}

async function measure(orders: Orders): Promise<object> {
  const { pids, parallel, warm, seconds } = orders;
  const agent = new Agent({ keepAlive: true, maxSockets: parallel });
  const from = performance.now() + warm * 1000;
  const to = from + seconds * 1000;
  const latencies: number[] = [];
  let [count, wrong] = [0, 0];
  async function loop(): Promise<void> {
    for (let began = performance.now(); began < to; began = performance.now()) {
      if (!(await post(orders, agent))) wrong += 1;
      count += 1;
      const ended = performance.now();
      if (ended >= from && ended < to) latencies.push((ended - began) * 1000);
    }
  }
  const window = Promise.all([cpuAt(from, pids), cpuAt(to, pids)]);
  await Promise.all(Array.from({ length: parallel }, loop));
  agent.destroy();
  const [before, after] = await window;
  latencies.sort((a, b) => a - b);
  const cpu = after.watched - before.watched;
  const length = (after.at - before.at) / 1000;
  return {
    count,
    per_s: latencies.length / seconds,
    wrong,
    cpu_us_per_request: (cpu / length / (latencies.length / seconds)) * 1e6,
    cpu_cores: cpu / length,
    self_cores: (after.self - before.self) / length,
    latency_us: { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) },
  };
}

async function cpuAt(
  at: number,
  pids: readonly number[],
): Promise<{ at: number; watched: number; self: number }> {
  await new Promise((resolve) => void setTimeout(resolve, at - performance.now()));
  return { at: performance.now(), watched: cpuSeconds(pids), self: cpuSeconds([process.pid]) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [url = '', accountSid = '', authToken = '', pids = '', ...numbers] = process.argv.slice(2);
  const [parallel = 1, warm = 0, seconds = 1] = numbers.map(Number);
  const orders = { url, accountSid, authToken, pids: pids.split(',').map(Number), parallel, warm, seconds };
  process.stdout.write(`${JSON.stringify(await measure(orders))}\n`);
}
