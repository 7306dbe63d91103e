import { z } from 'zod';
import { GatewayError } from '../shared/errors.ts';
import { jsonIn } from '../shared/json-text.ts';

const text = z.string();

const RefusalData = z.object({
  id: text.optional(),
  at: text.optional(),
  door: text.optional(),
  endpoint: text.optional(),
  cause: text,
  sentence: text,
  setting: text,
  tried: z.object({ spellings: z.number(), parts: z.array(text) }),
  matched: text.nullable(),
  judged: z.object({
    method: text,
    scheme: text,
    host: text,
    port: text,
    path: text,
    slash: text,
    query: z.array(text),
  }),
});
type RefusalView = z.infer<typeof RefusalData>;

/** One refusal, for people. `json`: as GET /v1/refusals/{id} answers it, or an Explanation. */
export function printRefusal(json: string): string {
  const refusal = read(RefusalData, json);
  const { judged, tried, matched, cause, sentence, setting } = refusal;
  const { method, scheme, host, port, path, slash } = judged;
  const query = judged.query.length === 0 ? 'no query' : `query ${judged.query.join(', ')}`;
  const found = matched === null ? 'none of them matches' : `right ${matched}`;
  const count = tried.spellings === 1 ? 'one spelling' : `${tried.spellings} spellings`;
  const rows = [
    ['judged', `${method} ${scheme}://${host}${port === 'default' ? '' : `:${port}`}${path}`],
    ['', `scheme ${scheme} · host ${host} · port ${port} · ${slash} · ${query}`],
    ...(tried.spellings === 0
      ? []
      : [['tried', `${count}, with another ${tried.parts.join(', ')}: ${found}`]]),
    ['cause', `${cause}: ${sentence}`],
    ['change', setting],
  ];
  const lines = rows.map(([name = '', words = '']) => `  ${name.padEnd(7)} ${plain(words)}`);
  return `${[titleOf(refusal), ...lines].filter(Boolean).join('\n')}\n`;
}

/** A line for each. */
export function printRefusals(json: string): string {
  const { refusals } = read(z.object({ refusals: z.array(RefusalData) }), json);
  if (refusals.length === 0) return 'nothing was refused since the gateway started\n';
  return refusals
    .map((refusal) => `${titleOf(refusal)}  ${plain(`${refusal.cause}: ${refusal.setting}`)}\n`)
    .join('');
}

function titleOf({ id, at, door, endpoint }: RefusalView): string {
  return plain([id, at, door, endpoint].filter((part) => part !== undefined).join('  '));
}

/** The gateway has cleaned it; a terminal trusts nobody. */
function plain(words: string): string {
  return words.replace(/\p{Cc}/gu, '?');
}

function read<T>(type: z.ZodType<T>, json: string): T {
  const { data } = type.safeParse(jsonIn(json));
  if (data !== undefined) return data;
  throw new GatewayError('ERR_CALL_FAILED', 'what answered is no gateway of this release: check --url');
}
