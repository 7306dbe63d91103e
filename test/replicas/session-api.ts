import { exchange } from '../chaos/exchange.ts';

/** What is read of a session in the session API. */
export interface ListedSession {
  readonly sessionId: string;
  readonly completionStatus: string | null;
}

/** The session API of one replica. Every call rejects unless the answer is 200. */
export interface SessionApi {
  counts(agent: string): Promise<{ readonly live: number; readonly reserved: number }>;
  /** The newest hundred. `status`: as in the query. */
  list(
    agent: string,
    status: string,
  ): Promise<{ readonly total: number; readonly sessions: readonly ListedSession[] }>;
  stop(agent: string, session: string): Promise<void>;
}

export function sessionApi(port: number, key: string): SessionApi {
  async function asked(method: 'GET' | 'DELETE', path: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${key}` };
    const { status, text } = await exchange({ port, method, path, headers, body: '', http: false });
    if (status !== 200) throw new Error(`${method} ${path} answered ${status}: ${text}`);
    return JSON.parse(text);
  }
  return {
    async counts(agent) {
      const view = (await asked('GET', `/v1/agents/${agent}`)) as Record<string, number>;
      return { live: view['activeSessionCount'] ?? NaN, reserved: view['reservedSessionCount'] ?? NaN };
    },
    async list(agent, status) {
      const page = await asked('GET', `/v1/agents/${agent}/sessions?limit=100&status=${status}`);
      const { total_count: total, sessions } = page as { total_count: number; sessions: ListedSession[] };
      return { total, sessions };
    },
    async stop(agent, session) {
      await asked('DELETE', `/v1/agents/${agent}/sessions/${session}`);
    },
  };
}
