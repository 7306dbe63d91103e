import type { Bots } from './bots.ts';
import { placeCall, type PlacedCall } from './caller.ts';
import type { GatewayProcess } from './gateway-process.ts';
import type { Hit, Recorder, Side } from './judge/records.ts';
import type { Random } from './random.ts';
import type { Act } from './talker.ts';

/** A call that is going on. */
export interface LiveCall {
  readonly id: string;
  readonly bots: Bots | null;
  readonly placed: PlacedCall | null;
  /** Open at both ends, and nobody has hung up. */
  isSteady: boolean;
  isHit: boolean;
}

export interface CrowdOptions {
  readonly size: number;
  readonly gateway: Pick<GatewayProcess, 'start'>;
  /** By agent name. */
  readonly bots: Readonly<Record<string, Bots>>;
  readonly record: Recorder;
  readonly random: Random;
  /** Milliseconds between two messages of an end. */
  readonly pace: number;
  /** Milliseconds a call lasts at most. */
  readonly longest: number;
  /** Names the calls by their count, from 1 on. */
  readonly nameOf?: (count: number) => string;
}

/** As many calls as wished, each replaced by a new one when it ends. */
export interface Crowd {
  readonly steady: () => readonly LiveCall[];
  readonly all: () => readonly LiveCall[];
  /** Places one call to an agent whose bot is bad, and resolves when it is over. */
  placeBad(agent: string, endpoint: string, hit: HitFacts): Promise<void>;
  tell(call: LiveCall, side: Side, act: Act): void;
  /** Puts on record how a call must end now. */
  hit(call: LiveCall, facts: HitFacts): void;
  opened(call: string): void;
  /** No new calls until `resume`; resolves when all that were under way are open. */
  hold(): Promise<void>;
  resume(): void;
  /** No new calls; lets everybody finish what they said, and hang up. */
  finish(settle: number): Promise<void>;
}

export type HitFacts = Omit<Hit, 'kind' | 'call' | 'at'>;

const endpoints = ['generic', 'twilio', 'plivo', 'telnyx'] as const;
const goodbyes = [1000, 1001, 3000, 4000, 4999] as const;
/** Calls being opened at once. */
const OPENING = 16;

export function crowdOf(options: CrowdOptions): Crowd {
  const { size, gateway, bots, record, random, pace, longest } = options;
  const { nameOf = (count: number): string => `call-${count}` } = options;
  const calls = new Map<string, LiveCall>();
  const openedAtBot = new Set<string>();
  let count = 0;
  let opening = 0;
  let isHeld = false;
  let isOver = false;

  const newId = (): string => nameOf((count += 1));
  const tell: Crowd['tell'] = (call, side, act) => {
    if (side === 'caller') call.placed?.talker.act(act);
    else call.bots?.order({ call: call.id, act });
  };

  async function live(): Promise<void> {
    const id = newId();
    const up = Object.entries(bots).filter(([, { isUp }]) => isUp());
    if (up.length === 0) return;
    const [agent, itsBots] = random.pick(up);
    const waiting: LiveCall = { id, bots: itsBots, placed: null, isSteady: false, isHit: false };
    calls.set(id, waiting);
    opening += 1;
    const own = random.fork(id);
    const placed = await placeCall({
      id,
      agent,
      endpoint: own.pick(endpoints),
      gateway,
      record,
      random: own,
      pace,
    })
      .catch((error: unknown) => process.stderr.write(`${id}: ${String(error)}\n`) && null)
      .finally(() => (opening -= 1));
    if (!placed) return void calls.delete(id);
    const call = { ...waiting, placed, isHit: waiting.isHit, isSteady: openedAtBot.delete(id) };
    calls.set(id, call);
    const hangUp = setTimeout(goodbye, longest * (0.2 + 0.8 * own.next()), call, own);
    await placed.closed;
    clearTimeout(hangUp);
    calls.delete(id);
  }

  function goodbye(call: LiveCall, own: Random): void {
    if (call.isHit || !call.isSteady || isOver) return;
    call.isSteady = false;
    tell(call, own.pick(['caller', 'bot']), { do: 'hang up', code: own.pick(goodbyes) });
  }

  const filling = setInterval(() => {
    if (isHeld) return;
    for (let free = Math.min(size - calls.size, OPENING - opening); free > 0; free -= 1) void live();
  }, 20);

  return {
    all: () => [...calls.values()],
    steady: () => [...calls.values()].filter(({ isSteady, isHit }) => isSteady && !isHit),
    tell,
    hit(call, facts) {
      call.isHit = true;
      record({ kind: 'hit', call: call.id, at: Date.now(), ...facts });
    },
    opened(id) {
      const call = calls.get(id);
      if (call?.placed) call.isSteady = true;
      else openedAtBot.add(id);
    },
    async placeBad(agent, endpoint, facts) {
      const id = newId();
      record({ kind: 'hit', call: id, at: Date.now(), ...facts });
      const placed = await placeCall({ id, agent, endpoint, gateway, record, random: random.fork(id), pace });
      await placed?.closed;
    },
    async hold() {
      isHeld = true;
      await quiet(() => opening === 0, 10_000);
    },
    resume() {
      isHeld = false;
    },
    async finish(settle) {
      isOver = true;
      clearInterval(filling);
      await quiet(() => opening === 0, 10_000);
      for (const itsBots of Object.values(bots)) itsBots.order({ act: { do: 'fall silent' } });
      for (const { placed } of calls.values()) placed?.talker.act({ do: 'fall silent' });
      await new Promise((resolve) => setTimeout(resolve, settle));
      for (const { placed } of calls.values()) placed?.talker.act({ do: 'hang up', code: 1000 });
      await quiet(() => [...calls.values()].every(({ isHit }) => isHit), 10_000);
    },
  };
}

async function quiet(isQuiet: () => boolean, patience: number): Promise<void> {
  const until = Date.now() + patience;
  while (!isQuiet() && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
}
