import type { ProviderModule } from '../shared/provider.ts';
import type { StreamEvent, StreamFacts, StreamMessage, StreamProtocol } from '../shared/stream.ts';

/** What the first messages of a socket turned out to be. */
export type Recognised =
  | { readonly type: 'call'; readonly module: ProviderModule; readonly facts: StreamFacts }
  | { readonly type: 'stranger' };

/**
 * Whose handshake is this? Takes the first messages one by one, and answers as soon as it knows; null until then. Twilio and Telnyx begin alike, so a dialect is ruled out rather than guessed. `hint`: the name
 * of the provider that is looked at first.
 */
export function recogniser(
  modules: readonly ProviderModule[],
  hint: string | undefined,
): (message: StreamMessage) => Recognised | null {
  let candidates = modules.toSorted((a, b) => Number(b.name === hint) - Number(a.name === hint));
  let count = 0;
  return (message) => {
    const fitting = candidates.flatMap((module) => {
      const event = decode(module.stream, message);
      return event?.type === module.stream.opening[count] ? [{ module, event }] : [];
    });
    count += 1;
    candidates = fitting.map(({ module }) => module);
    for (const { module, event } of fitting) {
      if (event?.type === 'start') return { type: 'call', module, facts: event.stream };
    }
    return candidates.length > 0 ? null : { type: 'stranger' };
  };
}

/** Null for what the dialect does not know: a bot hangs up on nobody for that. */
function decode(protocol: StreamProtocol, message: StreamMessage): StreamEvent | null {
  try {
    return protocol.decodeEvent(message);
  } catch {
    return null;
  }
}
