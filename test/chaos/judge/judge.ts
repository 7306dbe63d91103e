import { compare, type Flaw } from './compare.ts';
import type { Ended, Entry, Hit, HungUp, Refused, Said, Side } from './records.ts';

export type Wrong = Flaw | 'unexpected end' | 'wrong code' | 'late end' | 'no end' | 'never opened';

export interface Violation {
  readonly call: string;
  readonly wrong: Wrong;
  readonly detail: string;
}

export interface Verdict {
  readonly calls: number;
  readonly hit: number;
  readonly messages: number;
  readonly arrived: number;
  readonly violations: readonly Violation[];
}

/** Milliseconds by which anything may be late: the machine is shared, and the gateway is halted for two seconds at times. */
export const SLACK = 4000;
/** Milliseconds that a goodbye may take from one end to the other. */
export const GOODBYE = 1000;

interface Row {
  readonly sent: string[];
  readonly got: string[];
  readonly sentAt: number[];
}

interface Call {
  readonly id: string;
  readonly rows: Record<Side, Row>;
  readonly opened: Set<Side>;
  readonly ended: Partial<Record<Side, Ended>>;
  hungUp: HungUp | null;
  refused: Refused | null;
  readonly hits: Hit[];
}

const sides = ['caller', 'bot'] as const;

/** Judges a run by its records alone. */
export async function judge(entries: AsyncIterable<Entry> | Iterable<Entry>): Promise<Verdict> {
  const calls = new Map<string, Call>();
  for await (const entry of entries) {
    let call = calls.get(entry.call);
    if (!call) calls.set(entry.call, (call = emptyCall(entry.call)));
    file(entry, call);
  }
  const senders = sendersOf(calls.values());
  const violations: Violation[] = [];
  for (const call of calls.values()) {
    const blame = (wrong: Wrong, detail: string): void =>
      void violations.push({ call: call.id, wrong, detail });
    if (call.hits.length > 0) judgeHit(call, blame);
    else judgeWhole(call, blame);
    for (const side of sides) judgeRow(call, side, senders, blame);
  }
  const all = [...calls.values()];
  const sum = (count: (row: Row) => number): number =>
    all.reduce((total, { rows }) => total + count(rows.caller) + count(rows.bot), 0);
  return {
    calls: calls.size,
    hit: all.filter(({ hits }) => hits.length > 0).length,
    messages: sum(({ sent }) => sent.length),
    arrived: sum(({ got }) => got.length),
    violations,
  };
}

function emptyCall(id: string): Call {
  const row = (): Row => ({ sent: [], got: [], sentAt: [] });
  const rows = { caller: row(), bot: row() };
  return { id, rows, opened: new Set(), ended: {}, hungUp: null, refused: null, hits: [] };
}

function file(entry: Entry, call: Call): void {
  switch (entry.kind) {
    case 'sent':
      call.rows[entry.from].sent.push(textOf(entry));
      call.rows[entry.from].sentAt.push(entry.at);
      return;
    case 'got':
      call.rows[entry.from].got.push(textOf(entry));
      return;
    case 'opened':
      call.opened.add(entry.side);
      return;
    case 'ended':
      call.ended[entry.side] = entry;
      return;
    case 'hung up':
      call.hungUp ??= entry;
      return;
    case 'refused':
      call.refused = entry;
      return;
    case 'hit':
      call.hits.push(entry);
  }
}

function textOf({ bytes, text, hash }: Said): string {
  return `${text ? 'text' : 'binary'} of ${bytes} bytes ${hash}`;
}

/** Bytes. Shorter messages are the same in many calls by chance. */
const TELLING = 16;

function sendersOf(calls: Iterable<Call>): Map<string, string> {
  const senders = new Map<string, string>();
  for (const { id, rows } of calls) {
    for (const message of [...rows.caller.sent, ...rows.bot.sent]) {
      if (Number(/ of (\d+) /.exec(message)?.[1]) >= TELLING) senders.set(message, id);
    }
  }
  return senders;
}

type Blame = (wrong: Wrong, detail: string) => void;

function judgeRow(call: Call, from: Side, senders: ReadonlyMap<string, string>, blame: Blame): void {
  const { sent, got, sentAt } = call.rows[from];
  const isForeign = (message: string): boolean => (senders.get(message) ?? call.id) !== call.id;
  const { flaws, arrived } = compare({ sent, got, isForeign });
  for (const [flaw, count] of Object.entries(flaws)) {
    blame(flaw as Flaw, `${count} messages of the ${from}, the first one after ${arrived}`);
  }
  if (Object.keys(flaws).length > 0) return;
  const due = sentAt.filter((at) => at <= dueUntil(call, from)).length;
  if (got.length < due) blame('lost', `${due - got.length} of ${due} messages of the ${from}, at the end`);
}

/** What `from` said up to this moment must have arrived. Words that cross a goodbye need not. */
function dueUntil({ hits, hungUp, rows }: Call, from: Side): number {
  if (hits.length > 0)
    return hits.some(({ complete }) => complete === from) && hits.length === 1 ? Infinity : 0;
  if (hungUp === null) return Infinity;
  if (hungUp.side === from) return Infinity;
  return rows[from].sentAt.length > 0 ? hungUp.at - SLACK : 0;
}

/** A call that nothing happened to: both ends opened, one of them hung up, and the other one heard so. */
function judgeWhole({ opened, ended, hungUp, refused }: Call, blame: Blame): void {
  if (refused) return blame('never opened', `refused with ${refused.status}`);
  for (const side of sides) if (!opened.has(side)) return blame('never opened', `for the ${side}`);
  for (const side of sides) {
    const end = ended[side];
    if (!end) {
      if (hungUp) blame('no end', `for the ${side}, after the ${hungUp.side} hung up`);
    } else if (hungUp === null || end.at < hungUp.at) {
      blame('unexpected end', `of the ${side}, with ${end.code}`);
    } else {
      judgeEnd(end, [hungUp.code], hungUp.at + GOODBYE, blame);
    }
  }
  if (hungUp === null && !ended.caller && !ended.bot) blame('no end', 'and nobody hung up');
}

/** A call that must end: each end that was not the fault itself, with a code of the fault, in its time. */
function judgeHit({ hits, ended, hungUp, refused, opened }: Call, blame: Blame): void {
  // A goodbye that was under way when the fault came may have been heard, or cut.
  const goodbye = hungUp ? [hungUp.code, 1006] : [];
  const faults = hits.map(({ fault }) => fault).join(', ');
  if (refused) {
    const allowed = hits.flatMap((hit) => hit.refused ?? []);
    if (!allowed.includes(refused.status)) blame('wrong code', `refused with ${refused.status}: ${faults}`);
    return;
  }
  for (const side of sides) {
    const judged = hits.filter(({ codes }) => codes[side] !== undefined);
    if (judged.length < hits.length || (side === 'bot' && !opened.has(side))) continue;
    const end = ended[side];
    const limit = Math.max(...judged.map(({ at, within }) => at + within));
    if (end)
      judgeEnd(end, [...judged.flatMap(({ codes }) => codes[side] ?? []), ...goodbye], limit, blame, faults);
    else blame('no end', `for the ${side}: ${faults}`);
  }
}

function judgeEnd(
  end: Ended,
  codes: readonly number[],
  limit: number,
  blame: Blame,
  why = 'a goodbye',
): void {
  const { side, code, at } = end;
  if (!codes.includes(code))
    blame('wrong code', `the ${side} ended with ${code}, not ${codes.join(' or ')}: ${why}`);
  if (at > limit + SLACK)
    blame('late end', `of the ${side}, ${Math.round(at - limit)} ms after its limit: ${why}`);
}
