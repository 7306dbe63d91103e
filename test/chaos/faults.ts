import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { inParallel, upgradeText, wireTo } from '../attacks/raw.ts';
import type { Bots } from './bots.ts';
import type { Crowd, HitFacts, LiveCall } from './crowd.ts';
import type { GatewayProcess } from './gateway-process.ts';
import type { Side } from './judge/records.ts';
import type { Random } from './random.ts';
import { sins, type Act, type Sin } from './talker.ts';

export interface Scene {
  readonly gateway: GatewayProcess;
  readonly crowd: Crowd;
  readonly bots: readonly Bots[];
  /** Names of the agents whose bots take no call. */
  readonly badAgents: readonly string[];
  readonly random: Random;
  /** Milliseconds; of the gateway under test. */
  readonly pingInterval: number;
}

/** Does one thing to a scene and resolves with a word on it, when it is done. */
export type Fault = (scene: Scene) => Promise<string> | string;

const second = 1000;
/** Milliseconds: until the run is over. */
const ANY_TIME = 1e9;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A call that knows of no fault yet; null in the first moments of a run. */
function anyCall({ crowd, random }: Scene): LiveCall | null {
  const steady = crowd.steady();
  return steady.length > 0 ? random.pick(steady) : null;
}

/** One end of one call does something that ends it: `facts` says how. */
function ending(side: Side, act: Act, facts: Omit<HitFacts, 'fault'>): (scene: Scene) => string {
  return (scene) => {
    const call = anyCall(scene);
    if (!call) return 'nobody there';
    scene.crowd.hit(call, { fault: `${side}: ${act.do}`, ...facts });
    scene.crowd.tell(call, side, act);
    return call.id;
  };
}

/** One end of one call does something that the call must survive whole. */
function survived(side: Side, ...acts: readonly Act[]): Fault {
  return (scene) => {
    const call = anyCall(scene);
    if (!call) return 'nobody there';
    for (const act of acts) scene.crowd.tell(call, side, act);
    return call.id;
  };
}

/** Breaks the protocol: the sinner hears its own code, the other end 1011. */
function sinning(side: Side): Fault {
  return (scene) => {
    const sin = scene.random.pick(Object.keys(sins) as Sin[]);
    const codes = { [side]: [sins[sin]], [other(side)]: [1011] };
    const word = ending(side, { do: 'sin', sin }, { codes, within: second })(scene);
    return `${word} with ${sin}`;
  };
}

function other(side: Side): Side {
  return side === 'caller' ? 'bot' : 'caller';
}

function halfThenSilence(side: Side): Fault {
  return (scene) =>
    ending(
      side,
      { do: 'half a frame', bytes: scene.random.pick([1, 1000, 60_000]), after: 'silence' },
      { codes: { [other(side)]: [1011] }, within: 4 * scene.pingInterval },
    )(scene);
}

async function killBots({ crowd, bots, random }: Scene): Promise<string> {
  const victims = random.pick(bots.filter(({ isUp }) => isUp()));
  const calls = crowd.all().filter((call) => call.bots === victims);
  const facts = { fault: 'bots killed', codes: { caller: [1011, 1013] }, within: second, refused: [503] };
  for (const call of calls) crowd.hit(call, facts);
  await victims.killAndRestart();
  return `${calls.length} calls`;
}

/** Two seconds in which the gateway does not run at all. Nobody may be the worse for it. */
async function haltGateway({ gateway }: Scene): Promise<string> {
  gateway.child.kill('SIGSTOP');
  await wait(2 * second);
  gateway.child.kill('SIGCONT');
  return 'for 2 s';
}

async function stickLogReader({ gateway }: Scene): Promise<string> {
  gateway.child.stdout?.pause();
  await wait(3 * second);
  gateway.child.stdout?.resume();
  return 'for 3 s';
}

async function forgeUpgrades({ gateway, random }: Scene): Promise<string> {
  let refused = 0;
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const some = (count: number): string =>
    Array.from({ length: count }, () => letters.charAt(random.between(0, 63))).join('');
  const forged = upgradeText(`/ws/generic/good-0.local/${some(180)}.${some(43)}`);
  await inParallel(Array.from({ length: 2000 }), 50, async () => {
    const wire = wireTo(gateway.port);
    wire.send(forged);
    await wire.closed;
    wire.socket.destroy();
    if (wire.received().includes('HTTP/1.1 403 ')) refused += 1;
  });
  if (refused < 2000) throw new Error(`only ${refused} of 2000 forged upgrades were refused with 403`);
  return '2000 refused';
}

async function drip({ gateway }: Scene): Promise<string> {
  const sockets: Socket[] = [];
  for (let index = 0; index < 200; index += 1) {
    const socket = connect(gateway.port, '127.0.0.1').on('error', () => {});
    socket.write('GET /ws/generic/good-0.local HTTP/1.1\r\nHost: a\r\nX-Slow: ');
    sockets.push(socket);
  }
  await Promise.all(sockets.filter(({ connecting }) => connecting).map((socket) => once(socket, 'connect')));
  for (let round = 0; round < 5; round += 1) {
    await wait(second);
    for (const socket of sockets) if (socket.writable) socket.write('x');
  }
  for (const socket of sockets) socket.destroy();
  return '200 half requests for 5 s';
}

async function dialBadBot({ crowd, badAgents, random }: Scene): Promise<string> {
  const agent = random.pick(badAgents);
  const refused = { fault: `bot ${agent}`, codes: { caller: [1013] }, refused: [503], within: 5 * second };
  await Promise.all(['generic', 'twilio'].map((endpoint) => crowd.placeBad(agent, endpoint, refused)));
  return agent;
}

const burst: Act = { do: 'flood', count: 128, bytes: 64 * 1024 };
const otherHears = (side: Side): HitFacts['codes'] => ({ [other(side)]: [1011] });

function stopReading(side: Side): Fault {
  return (scene) => {
    const call = anyCall(scene);
    if (!call) return 'nobody there';
    scene.crowd.tell(call, side, { do: 'stop reading', ms: 3 * second });
    scene.crowd.tell(call, other(side), burst);
    return `${call.id} for 3 s, while 8 MiB come`;
  };
}

/** Everything that may happen to a run. */
export const faults: Readonly<Record<string, Fault>> = {
  'caller resets': ending('caller', { do: 'reset' }, { codes: otherHears('caller'), within: second }),
  'bot resets': ending('bot', { do: 'reset' }, { codes: otherHears('bot'), within: second }),
  'caller ends without a close frame': ending(
    'caller',
    { do: 'end' },
    { codes: otherHears('caller'), within: second, complete: 'caller' },
  ),
  'bot ends without a close frame': ending(
    'bot',
    { do: 'end' },
    { codes: otherHears('bot'), within: second, complete: 'bot' },
  ),
  'bots are killed': killBots,
  'caller stops reading': stopReading('caller'),
  'bot stops reading': stopReading('bot'),
  'caller sends half a frame and falls silent': halfThenSilence('caller'),
  'bot sends half a frame and falls silent': halfThenSilence('bot'),
  'caller sends half a frame and resets': ending(
    'caller',
    { do: 'half a frame', bytes: 60_000, after: 'reset' },
    { codes: otherHears('caller'), within: second },
  ),
  'bot sends half a giant frame and resets': ending(
    'bot',
    { do: 'half a frame', bytes: 1_000_000, after: 'reset' },
    { codes: { caller: [1011, 1006] }, within: second },
  ),
  // A flood may end the call that it is in, by whoever has enough of it first, or be borne.
  'caller floods pings': ending(
    'caller',
    { do: 'ping', count: 5000 },
    { codes: { caller: [1006, 1008, 1011], bot: [1006, 1008, 1011] }, within: ANY_TIME },
  ),
  'caller floods tiny messages': survived('caller', { do: 'flood', count: 20_000, bytes: 1 }),
  'bot floods small messages': survived('bot', { do: 'flood', count: 5000, bytes: 200 }),
  'caller breaks the protocol': sinning('caller'),
  'bot breaks the protocol': sinning('bot'),
  'forged upgrades': forgeUpgrades,
  'half requests': drip,
  'a bad bot is dialled': dialBadBot,
  'the log reader is stuck': stickLogReader,
  'the gateway is halted': haltGateway,
};
