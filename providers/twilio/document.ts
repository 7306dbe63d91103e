import type { Verb } from '../../shared/carrier.ts';
import {
  faultOfStreamUrl,
  readDial,
  readHangUp,
  readMethod,
  readOnly,
  readParameters,
  readPlay,
  readRedirect,
  readSay,
  readStatusAddress,
  readVerbs,
  refusedDocument,
} from '../../shared/document.ts';
import type { XmlElement } from '../../shared/xml.ts';
import { MAX_PARAMETER } from './answer.ts';

/** What a carrier calls its refusals of a `<Stream>`. */
export type FaultNames = Readonly<Record<'malformed' | 'scheme' | 'query' | 'track', string>>;

/** @see https://www.twilio.com/docs/api/errors (read 2026-11-21) */
const errors: FaultNames = {
  malformed: 'Twilio error 31923',
  scheme: 'Twilio error 31922',
  query: 'Twilio error 31920',
  track: 'Twilio error 31941',
};

/** Reads TwiML as Twilio does, or whoever takes it and gives its refusals other `names`. */
export function readDocument(root: XmlElement, names: FaultNames = errors): readonly Verb[] {
  return readVerbs(root, {
    Connect: (connect) => readConnect(connect, names),
    Say: readSay,
    Play: readPlay,
    Dial: readDial,
    Redirect: readRedirect,
    Hangup: readHangUp,
  });
}

/** With an `action`, Twilio asks that URL once the stream has ended and never comes to the next verb. */
function readConnect(connect: XmlElement, names: FaultNames): readonly Verb[] {
  const stream = readStream(readOnly(connect, 'Stream'), names);
  const { action } = connect.attributes;
  if (action === undefined) return [stream];
  return [stream, { type: 'redirect', url: action, method: readMethod(connect) }];
}

function readStream(stream: XmlElement, names: FaultNames): Verb {
  const { url = '', track = 'inbound_track' } = stream.attributes;
  const fault = faultOfStreamUrl(url);
  if (fault === 'malformed')
    throw refusedDocument(`${names.malformed}: <Stream url> is not a URL: give a whole wss:// URL`);
  if (fault === 'scheme')
    throw refusedDocument(`${names.scheme}: <Stream url> is not wss: set a public https URL`);
  if (/[?#]/.test(url)) {
    throw refusedDocument(`${names.query}: <Stream url> has a query string: put the token into the path`);
  }
  if (track !== 'inbound_track') {
    throw refusedDocument(`${names.track}: <Connect> streams the caller only: set track="inbound_track"`);
  }
  const parameters = readParameters(stream);
  for (const [name, value] of Object.entries(parameters)) {
    if (name.length + value.length <= MAX_PARAMETER) continue;
    throw refusedDocument(
      `<Parameter name="${name.slice(0, 40)}"> is too long: name and value together must be under 500 characters`,
    );
  }
  return { type: 'stream', url, parameters, ...readStatusAddress(stream, 'statusCallback') };
}
