import type { Provider } from '../../shared/provider.ts';
import { lookUp } from '../../shared/table.ts';
import { UUID } from '../../shared/uuid.ts';
import { causeFrom, readCallbacks, type Fault } from '../callbacks.ts';

/** `StreamError`: fixed words, of which the last two are about conferences. */
const faults: Readonly<Record<string, Pick<Fault, 'meaning' | 'cure'>>> = {
  invalid_url: {
    meaning: 'the stream’s URL is malformed, or not wss',
    cure: 'set public_url to a whole https URL',
  },
  missing_url: { meaning: 'the stream has no URL', cure: 'report this as a fault of Hookswitch' },
  invalid_track: {
    meaning: 'the stream asks for a track that it cannot have',
    cure: 'stream track="inbound_track" inside <Connect>',
  },
  codec_error: {
    meaning: 'the codec is not to be had for this account',
    cure: 'ask SignalWire to enable PCMU at 8000 Hz',
  },
  connection_refused: {
    meaning: 'the WebSocket was refused',
    cure: 'look for this call in the log: the upgrade was refused here (token, capacity, bot), or a proxy did not pass it on',
  },
  connection_refused_timeout_or_ssl_error: {
    meaning: 'SignalWire got no answer when it opened the WebSocket, or TLS failed',
    cure: 'check that the public URL leads here, with a certificate of a public CA and its chain, and that the proxy passes upgrades on',
  },
  general_error: {
    meaning: 'the stream could not be set up inside SignalWire',
    cure: 'give SignalWire’s support the id of the stream',
  },
};

/**
 * `StatusCallback` of calls, and `statusCallback` of `<Stream>`. Never required: `Timestamp`, `SequenceNumber`.
 *
 * @see https://github.com/signalwire/docs, fern/products/compatibility-api/pages/cxml/voice/overview.mdx and stream.mdx
 *   (read 2026-11-21)
 */
export function readers(projectId: string): Required<Pick<Provider, 'readStatus' | 'readStreamStatus'>> {
  return readCallbacks({
    callId: UUID,
    streamId: UUID,
    isOurs: (account) => account === projectId,
    causeOf(form) {
      const by = form.get('HangupBy');
      return causeFrom(by && `by ${by}`);
    },
    faultOf: (said) => {
      const found = lookUp(faults, said);
      const unknown = {
        meaning: 'SignalWire reports an error of the stream',
        cure: 'look the word up in its documentation of <Stream>',
      };
      return { type: 'stream-error', code: found ? said : null, ...(found ?? unknown) };
    },
  });
}
