import { defaultLimits, type Limits } from '../limits.ts';
import type { ConfigFile } from './schema.ts';

/** What the file says over the defaults. The file says snake_case, the code camelCase; times are milliseconds already. */
export function limitsOf({ limits }: ConfigFile): Limits {
  const given = Object.entries(limits).map(([name, value]) => [
    name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return { ...defaultLimits, ...Object.fromEntries(given) };
}

/** The other way round: as a file would say it, times in seconds. */
export function limitsTable(limits: Limits): Record<string, number> {
  return Object.fromEntries(
    Object.entries(limits).map(([name, value]: [string, number]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      /Timeout$|Interval$/.test(name) ? value / 1000 : value,
    ]),
  );
}
