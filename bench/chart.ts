import { select, spread, type Sample } from './samples.ts';
import type { Spread } from './statistics.ts';

export interface Bar {
  readonly label: string;
  readonly value: Spread;
}

export interface Panel {
  readonly title: string;
  readonly digits: number;
  readonly bars: readonly Bar[];
}

const LOAD = '600 calls';
const WIDTH = 760;
const LABELS = 190;
const FIGURES = 130;
const ROW = 26;

/** What the chart shows of a run: cost and tail at 600 calls. */
export function panels(samples: readonly Sample[]): Panel[] {
  const where = { measurement: 'relay', load: LOAD };
  const names = [...new Set(select(samples, where).map(({ contestant }) => contestant))];
  const barsOf = (figure: string): Bar[] =>
    names.flatMap((label) => {
      const value = spread(samples, { ...where, contestant: label }, figure);
      return value ? [{ label, value }] : [];
    });
  return [
    { title: `CPU per relayed message at ${LOAD}, µs`, digits: 1, bars: barsOf('cpu_us_per_msg') },
    { title: `Round trip at ${LOAD}, 99th percentile, ms`, digits: 2, bars: barsOf('p99_ms') },
  ];
}

/** Bars to the median, a line from the smallest to the largest round. Readable on light and dark pages. */
export function chart(list: readonly Panel[]): string {
  let y = 0;
  const parts = list.map((panel) => {
    const part = `<g transform="translate(0 ${y})">${panelOf(panel)}</g>`;
    y += (panel.bars.length + 2) * ROW;
    return part;
  });
  const title = list.map((panel) => panel.title).join('; ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" font-family="system-ui, sans-serif" font-size="13">
<title>${escape(title)}</title>
<style>text{fill:#24292f}.bar{fill:#8c959f}.ours{fill:#0969da}.ends{stroke:#24292f;stroke-width:1.5}.back{fill:#fff}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#6e7681}.ours{fill:#4493f8}.ends{stroke:#e6edf3}.back{fill:#0d1117}}</style>
<rect class="back" width="100%" height="100%"/>
${parts.join('\n')}
</svg>
`;
}

function panelOf({ title, bars, digits }: Panel): string {
  const longest = Math.max(...bars.map(({ value }) => value.max), Number.MIN_VALUE);
  const x = (value: number): string => (LABELS + (value / longest) * (WIDTH - LABELS - FIGURES)).toFixed(1);
  const rows = bars.map(({ label, value }, index) => {
    const y = (index + 1) * ROW + 10;
    const middle = y + 8;
    const kind = label.startsWith('hookswitch') ? 'ours' : 'bar';
    const width = (Number(x(value.median)) - LABELS).toFixed(1);
    return `<text x="${LABELS - 8}" y="${y + 13}" text-anchor="end">${escape(label)}</text>
<rect class="${kind}" x="${LABELS}" y="${y}" width="${width}" height="17"/>
<path class="ends" d="M${x(value.min)} ${middle}H${x(value.max)}"/>
<text x="${(Number(x(value.max)) + 8).toFixed(1)}" y="${y + 13}">${value.median.toFixed(digits)}</text>`;
  });
  return `<text x="8" y="22" font-weight="600">${escape(title)}</text>\n${rows.join('\n')}`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
