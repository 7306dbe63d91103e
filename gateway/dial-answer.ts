export type Switch = { readonly subprotocol: string } | { readonly failure: string };

/** Values by name, in lower case. */
type Headers = Readonly<Record<string, readonly string[]>>;

/** RFC 9112 §4 and §5: a status line, then names, colons, and values without control characters; no folding. */
const HEAD =
  /^HTTP\/1\.1 (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?((?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*)*)$/;
/** The headers that decide, in lower case. */
const JUDGED = /^(?:upgrade|connection|sec-websocket-(?:accept|extensions|protocol))$/;

/**
 * Reads a bot's answer to the handshake, up to the empty line: a switch to WebSocket as asked for (RFC 6455 §4.1), or in
 * words why it is none. Nothing is made up for and nothing overlooked: whoever lies here is no bot.
 */
export function readSwitch(head: string, accept: string, offers: readonly string[]): Switch {
  const [, status, lines = ''] = HEAD.exec(head) ?? [];
  if (status === undefined) return { failure: 'an answer that is not HTTP/1.1' };
  if (status !== '101') return { failure: `an answer with status ${status}` };
  const headers: Record<string, string[]> = {};
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (JUDGED.test(name)) (headers[name] ??= []).push(line.slice(colon + 1).trim());
  }
  return judge(headers, accept, offers);
}

function judge(headers: Headers, accept: string, offers: readonly string[]): Switch {
  const connection = headers['connection']?.join(',').toLowerCase() ?? '';
  if (
    only(headers, 'upgrade').toLowerCase() !== 'websocket' ||
    !/(?:^|[\t ,])upgrade(?:$|[\t ,])/.test(connection)
  ) {
    return { failure: 'an upgrade to something else' };
  }
  if (only(headers, 'sec-websocket-accept') !== accept) return { failure: 'a wrong Sec-WebSocket-Accept' };
  if (headers['sec-websocket-extensions']) return { failure: 'an extension that nobody offered' };
  const subprotocol = only(headers, 'sec-websocket-protocol');
  const isFit = headers['sec-websocket-protocol'] === undefined || offers.includes(subprotocol);
  return isFit ? { subprotocol } : { failure: 'a subprotocol that nobody offered' };
}

/** The value of a header that is there once; empty when it is not. */
function only(headers: Headers, name: string): string {
  const values = headers[name] ?? [];
  return values.length === 1 ? (values[0] ?? '') : '';
}
