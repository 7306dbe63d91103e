import { once } from 'node:events';
import { request, type Agent, type IncomingMessage } from 'node:http';

export interface Exchange {
  /** On this machine. */
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Keeps connections for the next ones; false is one of its own, which is closed afterwards. */
  readonly http: Agent | false;
}

export interface Answered {
  readonly status: number;
  readonly text: string;
}

/** Asks over HTTP, as a client does that knows its trade. Rejects when there is no whole answer. */
export async function exchange(asked: Exchange): Promise<Answered> {
  const { port, method, path, headers, body, http } = asked;
  const outgoing = request({ agent: http, port, host: '127.0.0.1', method, path, headers });
  const answered = once(outgoing, 'response');
  outgoing.end(body);
  let answer: IncomingMessage;
  try {
    [answer] = (await answered) as [IncomingMessage];
  } catch (error) {
    // A connection kept alive may be closed by the server just when it is used again.
    if (outgoing.reusedSocket) return exchange(asked);
    throw error;
  }
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return { status: answer.statusCode ?? 0, text };
}
