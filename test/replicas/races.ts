import { inParallel } from '../attacks/raw.ts';
import type { StartedSession } from '../chaos/gateway-process.ts';
import { progressOf } from '../soak/progress.ts';
import { knock } from './knock.ts';
import { atMost, exactly, only, type Row } from './rows.ts';
import { becomes, onStage, type Part, type Stage } from './stage.ts';

/** Racers of one token, and tokens raced for at once: sockets are bounded. */
const RACERS = 8;
const BATCH = 48;
/** Racers of one token when all come for the same. */
const CROWDED = 1000;
/** Milliseconds between two messages of a bot: longer than a race. */
const SILENT = 1e6;

interface Race {
  readonly call: string;
  /** What each racer was answered. */
  readonly statuses: readonly number[];
}

/** Many who come at once with the same token, at several replicas: one gets in. */
export const races: Part = (options) =>
  onStage({ ...options, pace: SILENT }, async (stage) => {
    const { tokens, isQuick, say } = options;
    const progress = progressOf('tokens', tokens);
    const since = Date.now();
    const small: Race[] = [];
    for (let first = 0; first < tokens; first += BATCH) {
      const names = Array.from(
        { length: Math.min(BATCH, tokens - first) },
        (_, index) => `raw-${first + index}`,
      );
      small.push(...(await raceForAll(stage, names, RACERS)));
      progress(small.length);
    }
    const large: Race[] = [];
    for (let index = 0; index < (isQuick ? 2 : 5); index += 1) {
      say(`${CROWDED} racers for one token`);
      large.push(...(await raceForAll(stage, [`raw-crowded-${index}`], CROWDED)));
    }
    const seconds = (Date.now() - since) / 1000;
    const all = [...small, ...large];
    const isEmpty = await becomes(async () => (await placesTaken(stage)) === 0, 15_000);
    return [
      ...rowsOfRaces(`${RACERS} racers for each token`, small, RACERS),
      ...rowsOfRaces(`${CROWDED} racers for one token`, large, CROWDED),
      only(
        'dials of a bot for each token',
        1,
        all.length,
        all.map(({ call }) => stage.dialled.get(call) ?? 0),
      ),
      exactly('tokens a bot heard of', all.length, stage.dialled.size),
      exactly('places still taken afterwards', 0, isEmpty ? 0 : await placesTaken(stage)),
      atMost('time', isQuick ? 60 : 240, seconds, 's'),
      ...(await stage.judged(0)).slice(-1),
    ];
  });

/** Every second token is raced for through the balancer, the others at all replicas directly. */
async function raceForAll(stage: Stage, calls: readonly string[], racers: number): Promise<Race[]> {
  const { replicas, front, balancer, agents } = stage;
  const started: [string, StartedSession][] = [];
  await inParallel(calls, 16, async (call, index) => {
    const agent = agents[index % agents.length] ?? '';
    started.push([call, await front.tryStart(agent, 'websocket', { call })]);
  });
  const entrance = [balancer.port];
  const doors = replicas.map(({ port }) => port);
  return Promise.all(
    started.map(async ([call, token], index) => {
      const ports = index % 2 === 1 ? entrance : doors;
      const all = Array.from({ length: racers }, (_, racer) =>
        knock(ports[racer % ports.length] ?? 0, token),
      );
      return { call, statuses: await Promise.all(all) };
    }),
  );
}

function rowsOfRaces(what: string, all: readonly Race[], racers: number): Row[] {
  const winners = all.map(({ statuses }) => statuses.filter((status) => status === 101).length);
  const losers = all.flatMap(({ statuses }) => statuses.filter((status) => status !== 101));
  return [
    only(`${what}: winners`, 1, all.length, winners),
    only(`${what}: answers to the others`, 403, all.length * (racers - 1), losers),
  ];
}

async function placesTaken({ api, replicas, agents }: Stage): Promise<number> {
  const [first] = replicas;
  if (!first) return NaN;
  const counts = await Promise.all(agents.map((agent) => api(first).counts(agent)));
  return counts.reduce((sum, { live, reserved }) => sum + live + reserved, 0);
}
