import type { CallReport, EntryType, TimelineEntry } from './report.ts';
import { sparkline } from './sparkline.ts';

/** Columns of the picture. */
const WIDTH = 72;

const marks: Partial<Readonly<Record<EntryType, (entry: TimelineEntry) => string>>> = {
  digit: ({ text }) => text.at(-1) ?? ' ',
  clear: () => 'x',
};

/** A report for people: heading, timeline, outcome. Ends with a line feed. */
export function printReport(report: CallReport, style: Style): string {
  return printHeading(report, style) + report.timeline.map(printEntry).join('') + printOutcome(report, style);
}

export interface Style {
  readonly color: boolean;
}

/** Whose call this is; one line. */
export function printHeading(
  { provider, from, to, webhook }: Pick<CallReport, 'provider' | 'from' | 'to' | 'webhook'>,
  { color }: Style,
): string {
  return `${painter(color)('bold', `${provider}  ${from} → ${to}  ${webhook}`)}\n`;
}

/** One line of a timeline. */
export function printEntry({ atMs, type, text }: TimelineEntry): string {
  return `  ${String(Math.round(atMs)).padStart(6)} ms  ${type.padEnd(8)}  ${text}\n`;
}

/** A picture of both voices, figures, verdict. */
export function printOutcome(report: CallReport, { color }: Style): string {
  return [...pictureOf(report), ...figuresOf(report), ...verdictOf(report, painter(color)), ''].join('\n');
}

type Paint = (style: 'bold' | 'green' | 'red', text: string) => string;

function painter(color: boolean): Paint {
  const codes = { bold: 1, green: 32, red: 31 };
  return (style, text) => (color ? `\u001B[${codes[style]}m${text}\u001B[0m` : text);
}

function pictureOf({ tape, timeline }: CallReport): string[] {
  const { said, heard } = tape;
  if (said.length === 0) return [];
  const events = markRow(timeline, said.length / 8);
  return [
    '',
    `  caller  ${sparkline(said, WIDTH)}`,
    `  bot     ${sparkline(heard, WIDTH)}`,
    ...(events === '' ? [] : [`          ${events}`]),
    '',
  ];
}

/** Digits and clears under the moment they happened, or beside it when that column is taken. */
function markRow(timeline: readonly TimelineEntry[], lengthMs: number): string {
  const row = Array.from({ length: WIDTH }, () => ' ');
  for (const entry of timeline) {
    const mark = marks[entry.type];
    if (!mark || entry.lineMs === null) continue;
    const column = row.indexOf(' ', Math.floor((entry.lineMs / lengthMs) * WIDTH));
    if (column >= 0) row[column] = mark(entry);
  }
  return row.join('').trimEnd();
}

function figuresOf(report: CallReport): string[] {
  const { sent, received, late, gaps, unheardMs, invalidMessages, speed, milestones } = report;
  if (sent.messages === 0 && received.messages === 0) return [];
  const { firstAudio, lastAudio } = milestones;
  const when = firstAudio === null || lastAudio === null ? '' : `, from ${firstAudio} ms to ${lastAudio} ms`;
  return [
    `  sent      ${tallyOf(sent)}${speed === 1 ? '' : ` at speed ${speed}`}`,
    `  received  ${tallyOf(received)}${when}`,
    `  quality   ${gaps.count} gap${gaps.count === 1 ? '' : 's'} (${Math.round(gaps.ms)} ms), ${Math.round(unheardMs)} ms not played, ` +
      `${invalidMessages} messages not understood; our own frames: ${late.frames} late, worst ${late.worstMs} ms`,
  ];
}

function tallyOf({ messages, seconds }: CallReport['sent']): string {
  return `${messages} messages, ${seconds.toFixed(2)} s of audio`;
}

function verdictOf({ verdict, closed }: CallReport, paint: Paint): string[] {
  if (!verdict.ok) return [paint('red', `  failed    ${verdict.reason}`), `  cure      ${verdict.cure}`];
  const end = closed === null ? '' : `: closed by the ${closed.by} with ${closed.code}`;
  return [paint('green', `  ok${end}`)];
}
