/** A socket this process is responsible for, from the upgrade request to the last close. */
export interface LiveCall {
  /** Ends it from here. Replaced as the call goes through its stages. */
  close: (code: number, reason: string) => void;
}

export interface LiveCalls {
  readonly size: number;
  enter(): LiveCall;
  leave(call: LiveCall): void;
  /** Resolves when none is left. */
  emptied(): Promise<void>;
  closeAll(code: number, reason: string): void;
}

export function liveCalls(): LiveCalls {
  const calls = new Set<LiveCall>();
  let waiting: (() => void)[] = [];
  return {
    get size() {
      return calls.size;
    },
    enter() {
      const call: LiveCall = { close: () => {} };
      calls.add(call);
      return call;
    },
    leave(call) {
      calls.delete(call);
      if (calls.size > 0) return;
      for (const tell of waiting) tell();
      waiting = [];
    },
    emptied: () => (calls.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    closeAll(code, reason) {
      for (const call of calls) call.close(code, reason);
    },
  };
}
