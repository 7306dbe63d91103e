import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { carrierOf, openingOf } from '../helpers/carriers.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { openLane, type Lane } from './ends.ts';
import { TEXT, type Frame } from './frames.ts';
import { judge, play, type Case, type Played, type Route } from './play.ts';

/** As many as vitest runs tests at once. */
const LANES = 5;

/** Milliseconds; short, because whoever is cut off after it is waited for. */
const CLOSE_TIMEOUT = 1500;

export interface Stage {
  readonly gateway: () => TestGateway;
  /** Lends a bot that nobody else calls meanwhile. */
  readonly onLane: <T>(act: (lane: Lane) => Promise<T>) => Promise<T>;
  readonly agentOf: (lane: Lane) => string;
}

/** A gateway, and bots played by hand behind it, for the tests of a file. */
export function stage(): Stage {
  let gateway: TestGateway;
  let all: readonly Lane[] = [];
  const free: Lane[] = [];
  beforeAll(async () => {
    all = await Promise.all(Array.from({ length: LANES }, openLane));
    free.push(...all);
    const agents = all.map(({ port }, index) => [
      `lane${index}`,
      `websocket_auth = "none"\nbots = ["ws://127.0.0.1:${port}/"]`,
    ]);
    gateway = await testGateway({
      agents: Object.fromEntries(agents) as Record<string, string>,
      limits: { closeTimeout: CLOSE_TIMEOUT },
    });
  });
  afterAll(async () => {
    await gateway.close();
    all.forEach((lane) => lane.close());
  });
  return {
    gateway: () => gateway,
    agentOf: (lane) => `lane${all.indexOf(lane)}.local`,
    async onLane(act) {
      const lane = free.pop();
      if (!lane) throw new Error('more tests at once than lanes');
      try {
        return await act(lane);
      } finally {
        free.push(lane);
      }
    },
  };
}

export const direct: Route = {
  name: 'direct',
  isDirect: true,
  opening: [],
  port: (lane) => lane.port,
  path: () => '/',
};

/** The relay is the same for all carriers; these open with two messages of text, with one, and before binary ones. */
export const endpoints: readonly string[] = ['generic', 'twilio', 'plivo', 'telnyx', 'vonage'];

/** A way through the gateway. `opening`: instead of what the carrier says first. */
export function through(
  name: string,
  { gateway, agentOf }: Stage,
  opening: readonly Frame[] = openingFor(name, gateway),
): Route {
  return {
    name,
    isDirect: false,
    opening,
    port: () => gateway().port,
    path: (lane) => `/ws/${name}/${agentOf(lane)}`,
  };
}

function openingFor(name: string, gateway: Stage['gateway']): readonly Frame[] {
  if (name === 'generic') return [];
  const carrier = carrierOf(name, gateway().carriers);
  const stream = carrier.newStream(carrier.newCall('+15557350001', '+15557350000'), {});
  return openingOf(name, stream).map((payload) => ({ opcode: TEXT, payload }));
}

/** Plays every case without a gateway and through every endpoint of one, and compares what the two ends saw. */
export function conformance(title: string, cases: readonly Case[]): void {
  const scene = stage();
  const seenDirectly = new Map<Case, Promise<Played>>();
  const playDirectly = (played: Case): Promise<Played> => {
    const known = seenDirectly.get(played) ?? scene.onLane((lane) => play(played, direct, lane));
    seenDirectly.set(played, known);
    return known;
  };

  describe.concurrent.each(endpoints)(`${title} through /ws/%s`, (name) => {
    test.each(cases.map((played) => [played.name, played] as const))('%s', async (_, played) => {
      const expected = await playDirectly(played);
      const route = through(name, scene);
      const seen = await scene.onLane((lane) => play(played, route, lane));
      const verdict = judge(played, expected, seen, route.opening);
      expect(verdict.actual).toEqual(verdict.expected);
    });
  });

  test('every difference that a case asks for is one', async () => {
    for (const played of cases.filter(({ instead }) => instead !== undefined)) {
      const seen = await playDirectly(played);
      const { actual, expected } = judge(played, seen, seen, []);
      expect({ name: played.name, ...actual }).not.toEqual({ name: played.name, ...expected });
    }
  });
}
