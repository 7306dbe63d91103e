/** How a request carries its fields. */
export type BodyType = 'form' | 'json' | 'none';

/** One operation of a carrier's REST API, as its published description has it. */
export interface Operation {
  /** `POST /Calls/{Sid}`: what tests and records call it. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly bodyType: BodyType;
  readonly query: Fields;
  readonly body: Fields;
  /** Of its good answer. */
  readonly status: number;
}

/** Rules by field name. */
export type Fields = ReadonlyMap<string, Rule>;

export interface Rule {
  readonly isRequired: boolean;
  /** May be given several times, or as an array. */
  readonly isList: boolean;
  /** `text`, `url`, `int`, `bool`, `object`, `/pattern/` or `ONE|OF|THESE`. */
  readonly type: string;
}

export interface OperationSpec {
  readonly status: number;
  /** `Name type, Name! type, Name type[]`: "!" marks what is required; no type is `text`. */
  readonly form?: string;
  readonly json?: string;
  readonly query?: string;
}

/** A table of operations; keys are `METHOD /path/{with}/{places}`. */
export function operations(table: Readonly<Record<string, OperationSpec>>): readonly Operation[] {
  return Object.entries(table).map(([name, { status, form, json, query }]) => {
    const [method = '', path = ''] = name.split(' ');
    const bodyType = form === undefined ? (json === undefined ? 'none' : 'json') : 'form';
    return { name, method, path, bodyType, query: fields(query), body: fields(form ?? json), status };
  });
}

function fields(text = ''): Fields {
  const entries = text.split(',').flatMap((entry) => {
    const [, name, required, type = 'text', list] =
      /^\s*([\w.[\]<>]+)(!?)(?:\s+(\S+?)(\[\])?)?\s*$/.exec(entry) ?? [];
    if (name === undefined) return [];
    return [[name, { isRequired: required === '!', isList: list !== undefined, type }] as const];
  });
  return new Map(entries);
}

/** What is wrong with fields, in sentences; the carriers' own wording is unknown. */
export function faultsOf(rules: Fields, given: Readonly<Record<string, unknown>>): string[] {
  const missing = [...rules].filter(([name, { isRequired }]) => isRequired && given[name] === undefined);
  return [
    ...missing.map(([name]) => `${name} is required`),
    ...Object.entries(given).flatMap(([name, value]) => {
      const rule = rules.get(name);
      if (!rule) return [`${name} is no parameter of this operation`];
      const values: readonly unknown[] = rule.isList && Array.isArray(value) ? value : [value];
      return values.every((one) => fits(rule.type, one)) ? [] : [`${name} is not ${rule.type}`];
    }),
  ];
}

/** Forms and queries carry text only; JSON carries what it is. */
function fits(type: string, value: unknown): boolean {
  if (type === 'object') return typeof value === 'object' && value !== null;
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
  return isScalar && patternOf(type).test(String(value));
}

/** An empty text takes a setting away. */
function patternOf(type: string): RegExp {
  if (type === 'text') return /^/;
  if (type === 'int') return /^\d+$/;
  if (type === 'bool') return /^(true|false)$/;
  if (type === 'url') return /^(https?:\/\/[^/\s]+\S*|wss?:\/\/[^/\s]+\S*)?$/;
  return type.startsWith('/') ? new RegExp(`${type.slice(1, -1)}|^$`) : new RegExp(`^(${type})$`);
}

export interface Matched {
  readonly operation: Operation;
  /** Decoded. */
  readonly places: Readonly<Record<string, string>>;
}

/** The operation a path and method belong to. */
export function matching(all: readonly Operation[], method: string, path: string): Matched | null {
  for (const operation of all) {
    if (operation.method !== method) continue;
    const pattern = operation.path.replaceAll(/[.]/g, '\\.').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+?)');
    const found = new RegExp(`^${pattern}$`).exec(path);
    if (!found) continue;
    const places = Object.entries(found.groups ?? {}).map(([name, text]) => [name, decodeURIComponent(text)]);
    return { operation, places: Object.fromEntries(places) as Record<string, string> };
  }
  return null;
}
