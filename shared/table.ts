/** What a table says under a key that came from outside; never what objects have from birth, such as `constructor`. */
export function lookUp<V>(table: Readonly<Record<string, V>>, key: string): V | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** The first key under which a value stands. */
export function keyOf(table: Readonly<Record<string, unknown>>, value: unknown): string | undefined {
  return Object.keys(table).find((key) => table[key] === value);
}
