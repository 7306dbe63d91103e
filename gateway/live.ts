/** A socket this process is responsible for, from the upgrade request to the last close. */
export interface LiveCall {
  /** Ends it from here. Replaced as the call goes through its stages. */
  close: (code: number, reason: string) => void;
  /** Id of its session, once it is known. */
  session: string | null;
}

/** What both sides of a call hear that an operator stopped. */
export const STOPPED = { code: 1000, reason: 'stopped by operator' } as const;

export interface LiveCalls {
  readonly size: number;
  enter(): LiveCall;
  leave(call: LiveCall): void;
  /** Resolves when none is left. */
  emptied(): Promise<void>;
  closeAll(code: number, reason: string): void;
  /** Ends the call of a session because an operator wants it ended. Nothing happens when it is not here. */
  stop(session: string): void;
  /** True from then on, until the call has left. */
  isStopped(session: string): boolean;
}

export function liveCalls(): LiveCalls {
  const calls = new Set<LiveCall>();
  const stopped = new Set<string>();
  let waiting: (() => void)[] = [];
  return {
    get size() {
      return calls.size;
    },
    enter() {
      const call: LiveCall = { close: () => {}, session: null };
      calls.add(call);
      return call;
    },
    leave(call) {
      calls.delete(call);
      if (call.session !== null) stopped.delete(call.session);
      if (calls.size > 0) return;
      for (const tell of waiting) tell();
      waiting = [];
    },
    emptied: () => (calls.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    closeAll(code, reason) {
      for (const call of calls) call.close(code, reason);
    },
    stop(session) {
      const call = [...calls].find((candidate) => candidate.session === session);
      if (!call) return;
      stopped.add(session);
      call.close(STOPPED.code, STOPPED.reason);
    },
    isStopped: (session) => stopped.has(session),
  };
}
