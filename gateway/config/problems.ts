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
  const found = new Set<string>(); // what two readers find is one mistake
  return {
    add: (path, sentence) => void found.add(`${path}: ${sentence}`),
    attempt(path, read) {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        found.add(`${path}: ${error.message}`);
        return null;
      }
    },
    throwIfAny() {
      if (found.size === 0) return;
      const count = found.size === 1 ? 'one mistake' : `${found.size} mistakes`;
      const list = [...found].map((line) => `\n  ${line}`).join('');
      throw new GatewayError('ERR_CONFIG_INVALID', `The configuration has ${count}:${list}`);
    },
  };
}
