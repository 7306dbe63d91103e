import { differing } from '../../shared/numbers.ts';
import { changesBetween, isHeld, show } from './show.ts';
import { invalid, routeOf, type Scene } from './scene.ts';

/** Shows what was there before the last --apply, and with --apply puts it back. Returns the exit code. */
export async function undoNumber(scene: Scene, number: string): Promise<number> {
  const { carrier, directory, undo, flags, say, json } = scene;
  const change = undo.last(carrier.name, number);
  if (!change) throw invalid(`nothing is known about ${number} before: ${undo.path} has no change of it`);
  const route = await routeOf(scene, number);
  const changes = changesBetween(directory, route.settings, change.before);
  const report = (applied: boolean, holds: boolean | null): number => {
    json({ carrier: carrier.name, number, changes, applied, holds });
    return holds === false ? 1 : 0;
  };
  say(`${number} at ${carrier.name}, as it was before ${change.at}\n`);
  if (changes.length === 0) {
    if (flags.apply) undo.replaceLast(change, null);
    say('Nothing to do: it is so already.');
    return report(false, true);
  }
  if (differing(route.settings, change.wrote).length > 0) {
    show(scene, changesBetween(directory, change.wrote, route.settings), []);
    say('Not written: since then somebody else has changed it, as shown above. Set it in the console.');
    return report(false, false);
  }
  show(scene, changes, []);
  if (!flags.apply) {
    say('Nothing is written: add --apply to do so.');
    return report(false, null);
  }
  await directory.write(route, change.before);
  const holds = isHeld(scene, await routeOf(scene, number), change.before);
  if (holds) undo.replaceLast(change, null);
  if (holds) say('Written, and read again.');
  return report(true, holds);
}
