import { differing, type NumberPlan, type NumberRoute, type NumberWish } from '../../shared/numbers.ts';
import { problemOfPublicUrl } from './public-url.ts';
import { changesBetween, isHeld, show, type Change } from './show.ts';
import { invalid, routeOf, type Scene } from './scene.ts';
import { takersText } from './takers.ts';
import { statusUrlOf, voiceUrlOf } from './webhook-urls.ts';

/** Shows what would point a number here, and with --apply writes it. Returns the exit code. */
export async function changeNumber(scene: Scene, number: string): Promise<number> {
  const { carrier, directory, flags, say } = scene;
  const { agent = null } = flags;
  const takers = scene.takersFor(number, agent);
  if ('refusal' in takers) {
    const what =
      agent === null ? `calls to ${number}` : `calls to ${number} at /webhooks/${carrier.name}/${agent}`;
    throw invalid(`the gateway would refuse ${what}: ${takers.refusal}`);
  }
  const wish = wishOf(scene, agent);
  const route = await routeOf(scene, number);
  const plan = await directory.plan(route, wish);
  const changes = changesBetween(directory, route.settings, plan.settings);
  const { notes } = plan;
  say(`${number} at ${carrier.name}, for ${takersText(takers)}\n`);
  show(scene, changes, notes);
  if (changes.length === 0) {
    say('Nothing to do: the number points here.');
    return report(scene, { number, changes, notes, applied: false, holds: true });
  }
  if (!flags.apply) {
    say('Nothing is written: add --apply to do so.');
    return report(scene, { number, changes, notes, applied: false, holds: null });
  }
  const holds = await apply(scene, route, plan);
  return report(scene, { number, changes, notes, applied: true, holds });
}

/** Keeps what was there, writes, and reads again: a console, or a colleague, may have been faster. */
async function apply(scene: Scene, route: NumberRoute, { settings }: NumberPlan): Promise<boolean> {
  const { carrier, directory, undo, say, now } = scene;
  const { number } = route;
  const latest = await routeOf(scene, number);
  if (differing(route.settings, latest.settings).length > 0) {
    say(`Not written: somebody else changes ${number} just now. Run this again to see what it is now.`);
    return false;
  }
  const change = {
    carrier: carrier.name,
    number,
    at: new Date(now()).toISOString(),
    before: route.settings,
    wrote: settings,
  };
  undo.add(change);
  await directory.write(route, settings);
  const after = await routeOf(scene, number);
  undo.replaceLast(change, { ...change, wrote: { ...settings, ...idIn(after) } });
  if (!isHeld(scene, after, settings)) return false;
  say(
    `Written, and read again. To take it back: hookswitch connect ${carrier.name} --number ${number} --undo --apply`,
  );
  return true;
}

/** Of an application that had no id before it was made. */
function idIn({ settings }: NumberRoute): Readonly<Record<string, string>> {
  const { application } = settings;
  return application === undefined ? {} : { application };
}

function wishOf({ publicUrl, carrier, flags }: Scene, agent: string | null): NumberWish {
  const problem = problemOfPublicUrl(publicUrl);
  if (problem) throw invalid(`${problem.cause}: ${problem.cure}`);
  if (publicUrl === null) throw new TypeError('a URL without a problem is one');
  return {
    voiceUrl: voiceUrlOf(publicUrl, carrier.name, agent),
    fallbackUrl: flags.fallbackUrl ?? null,
    statusUrl: flags.status ? statusUrlOf(publicUrl, carrier.name) : null,
    name: (agent ?? 'gateway').replaceAll('.', '_'),
  };
}

interface Outcome {
  readonly number: string;
  readonly changes: readonly Change[];
  readonly notes: readonly string[];
  readonly applied: boolean;
  /** Null: nothing was written. */
  readonly holds: boolean | null;
}

function report({ carrier, json }: Scene, outcome: Outcome): number {
  json({ carrier: carrier.name, ...outcome });
  return outcome.holds === false ? 1 : 0;
}
