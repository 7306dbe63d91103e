/** What one check found. */
export interface Finding {
  /** Of the check: "TLS", "bot of support". */
  readonly check: string;
  /** `skip`: not looked at, and `detail` says why. */
  readonly status: 'ok' | 'warn' | 'fail' | 'skip';
  readonly detail: string;
  /** What to do about it. */
  readonly cure?: string;
}

/** Findings as they are made, so that whoever waits sees how far it is. */
export type Findings = AsyncGenerator<Finding, void>;

export function ok(check: string, detail: string): Finding {
  return { check, status: 'ok', detail };
}

export function skipped(check: string, detail: string): Finding {
  return { check, status: 'skip', detail };
}

export function warning(check: string, detail: string, cure: string): Finding {
  return { check, status: 'warn', detail, cure };
}

export function failed(check: string, detail: string, cure: string): Finding {
  return { check, status: 'fail', detail, cure };
}

/** What went wrong, by its code where it has one: messages of Node repeat addresses and say less. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (code === null && cause instanceof Error) return `${error.message}: ${reasonOf(cause)}`;
  return code ?? error.message;
}
