import {
  differing,
  type NumberDirectory,
  type NumberRoute,
  type NumberSettings,
} from '../../shared/numbers.ts';
import type { Scene } from './scene.ts';
import { shownUrl } from './webhook-urls.ts';

/** One line of a difference, as it may be shown. */
export interface Change {
  /** As the carrier's console calls it. */
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** In the console's order. An application that is still to be made shows in its name. */
export function changesBetween(
  { labels }: NumberDirectory,
  before: NumberSettings,
  after: NumberSettings,
): readonly Change[] {
  const names = new Set(differing(before, after));
  return Object.entries(labels).flatMap(([name, field]) =>
    names.has(name)
      ? [{ field, before: shownUrl(before[name] ?? ''), after: shownUrl(after[name] ?? '') }]
      : [],
  );
}

export function show({ say }: Scene, changes: readonly Change[], notes: readonly string[]): void {
  const width = Math.max(0, ...changes.map(({ field }) => field.length));
  for (const { field, before, after } of changes) {
    say(`  ${field.padEnd(width)}  ${before || '(empty)'}\n  ${' '.repeat(width)}  → ${after || '(empty)'}`);
  }
  for (const note of notes) say(`  note: ${note}`);
  if (changes.length + notes.length > 0) say();
}

/** Is what was written still there? Says so when not. */
export function isHeld(scene: Scene, after: NumberRoute, settings: NumberSettings): boolean {
  const lost = changesBetween(scene.directory, settings, after.settings).filter(
    ({ field }) => !(field === scene.directory.labels['application'] && !settings['application']),
  );
  if (lost.length === 0) return true;
  scene.say(`Written, but it does not hold: ${scene.carrier.name} says something else now.\n`);
  show(scene, lost, ['somebody else may be changing it, or this account may not: look into the console']);
  return false;
}
