import { GatewayError } from '../../shared/errors.ts';

/** Collects mistakes, so that an operator sees all of them at once. */
export interface Problems {
  /** `path`: where it stands: a TOML path or a variable. */
  add(path: string, sentence: string): void;
  /** Runs a reader that throws ERR_CONFIG_INVALID; its sentence is kept and null returned. */
  attempt<T>(path: string, read: () => T): T | null;
  /** Throws ERR_CONFIG_INVALID with everything collected, if anything was. */
  throwIfAny(): void;
}

export function problems(): Problems {
  const found: string[] = [];
  return {
    add: (path, sentence) => void found.push(`${path}: ${sentence}`),
    attempt(path, read) {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        found.push(`${path}: ${error.message}`);
        return null;
      }
    },
    throwIfAny() {
      if (found.length === 0) return;
      const count = found.length === 1 ? 'one mistake' : `${found.length} mistakes`;
      const list = found.map((line) => `\n  ${line}`).join('');
      throw new GatewayError('ERR_CONFIG_INVALID', `The configuration has ${count}:${list}`);
    },
  };
}
