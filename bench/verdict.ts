import { DIRECT, OURS } from './contestants.ts';
import { select, spread, type Sample } from './samples.ts';

/** How many times the load the generator and the bot must be able to do by themselves. */
const HEADROOM = 1.5;
/** Only losses are judged there: a small machine's generator has no more than it needs. */
const TAIL_IS_NOT_JUDGED = '1000 calls';

/**
 * What makes a run fail, and what is only worth saying: in a quick run nobody's speed is judged, the generator's neither.
 */
export function judge(
  samples: readonly Sample[],
  { quick }: { quick: boolean },
): { readonly failed: readonly string[]; readonly notes: readonly string[] } {
  const limits = generatorFailures(samples);
  const count = samples.filter(({ marks }) => marks.includes('disturbed')).length;
  const disturbed =
    count > 0 ? [`something else used this machine during ${count} of ${samples.length} runs`] : [];
  const spoilt = markedInHalf(samples, 'disturbed').length > 0;
  if (quick) return { failed: failures(samples), notes: [...disturbed, ...limits] };
  return {
    failed: [...failures(samples), ...limits, ...(spoilt ? disturbed : [])],
    notes: spoilt ? [] : disturbed,
  };
}

/** Whatever failed of ours, and of the floor below everybody; what others lose is theirs, and stands in the tables. */
export function failures(samples: readonly Sample[]): string[] {
  const mine = samples.filter(({ contestant }) => contestant.startsWith(OURS) || contestant === DIRECT);
  return mine
    .filter(({ faults }) => faults.length > 0)
    .map(
      ({ measurement, load, contestant, round, faults }) =>
        `${measurement}, ${load}, round ${round}: ${contestant}: ${faults.join(', ')}`,
    );
}

/** A generator that is not well faster than what is asked of it measures itself. */
export function generatorFailures(samples: readonly Sample[]): string[] {
  const loads = new Set(select(samples, { measurement: 'relay' }).map(({ load }) => load));
  const slow = [...loads].flatMap((load) => {
    const factor = headroom(samples, load);
    return factor === null || factor >= HEADROOM
      ? []
      : [`generator and bot by themselves can do only ${factor.toFixed(1)} times the load of ${load}`];
  });
  const judged = samples.filter(({ load }) => load !== TAIL_IS_NOT_JUDGED);
  const late = markedInHalf(judged, 'generator-limited');
  return [...slow, ...late.map((name) => `the generator was the limit in ${name}`)];
}

/** What generator and bot can do without a relay, as a multiple of a load of the relay's. Null when not measured. */
export function headroom(samples: readonly Sample[], load: string): number | null {
  const most = spread(samples, { measurement: 'generator', contestant: DIRECT }, 'msg_per_s');
  const offered = spread(samples, { measurement: 'relay', load, contestant: DIRECT }, 'offered_per_s');
  return most && offered ? most.median / offered.median : null;
}

/** Contestants, under their loads, with that mark in half of their rounds: a median stands while most of its rounds do. */
function markedInHalf(samples: readonly Sample[], mark: string): string[] {
  return [...new Set(samples.map(nameOf))].filter((name) => {
    const rounds = samples.filter((sample) => nameOf(sample) === name);
    return rounds.filter(({ marks }) => marks.includes(mark)).length * 2 >= rounds.length;
  });
}

function nameOf({ measurement, load, contestant }: Sample): string {
  return `${measurement}, ${load}: ${contestant}`;
}
