import type { HttpRequest } from '../../shared/http.ts';
import { partsOf, urlOf, type Cause, type UrlParts } from './explanation.ts';

/** One thing that is otherwise than in the request as it came. */
export interface Change {
  readonly cause: Cause;
  /** What the signature would then be over. */
  readonly words: string;
}

/** A way in which one part of a request may have been otherwise. */
export interface Option {
  readonly apply: (request: HttpRequest) => HttpRequest;
  readonly changes: readonly Change[];
  /** Nothing in the request speaks for it: it is tried alone, never together with another one. */
  readonly isGuess?: boolean;
}

/** An option that puts other parts into the URL. */
export function inUrl(
  parts: Partial<UrlParts>,
  change: Change | readonly Change[],
  isGuess: boolean = false,
): Option {
  return {
    apply: (request) => ({ ...request, url: urlOf({ ...partsOf(request.url), ...parts }) }),
    changes: [change].flat(),
    isGuess,
  };
}
