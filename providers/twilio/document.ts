import type { Verb } from '../../shared/carrier.ts';
import {
  faultOfStreamUrl,
  readDial,
  readHangUp,
  readMethod,
  readOnly,
  readParameters,
  readRedirect,
  readSay,
  readVerbs,
  refusedDocument,
} from '../../shared/document.ts';
import type { XmlElement } from '../../shared/xml.ts';
import { MAX_PARAMETER } from './answer.ts';

/** Reads TwiML as Twilio does, errors included: https://www.twilio.com/docs/api/errors (read 2026-11-21). */
export function readDocument(root: XmlElement): readonly Verb[] {
  return readVerbs(root, {
    Connect: readConnect,
    Say: readSay,
    Dial: readDial,
    Redirect: readRedirect,
    Hangup: readHangUp,
  });
}

/** With an `action`, Twilio asks that URL once the stream has ended and never comes to the next verb. */
function readConnect(connect: XmlElement): readonly Verb[] {
  const stream = readStream(readOnly(connect, 'Stream'));
  const { action } = connect.attributes;
  if (action === undefined) return [stream];
  return [stream, { type: 'redirect', url: action, method: readMethod(connect) }];
}

function readStream(stream: XmlElement): Verb {
  const { url = '', track = 'inbound_track' } = stream.attributes;
  const fault = faultOfStreamUrl(url);
  if (fault === 'malformed')
    throw refusedDocument('Twilio error 31923: <Stream url> is not a URL: give a whole wss:// URL');
  if (fault === 'scheme')
    throw refusedDocument('Twilio error 31922: <Stream url> is not wss: set a public https URL');
  if (/[?#]/.test(url)) {
    throw refusedDocument('Twilio error 31920: <Stream url> has a query string: put the token into the path');
  }
  if (track !== 'inbound_track') {
    throw refusedDocument('Twilio error 31941: <Connect> streams the caller only: set track="inbound_track"');
  }
  const parameters = readParameters(stream);
  for (const [name, value] of Object.entries(parameters)) {
    if (name.length + value.length <= MAX_PARAMETER) continue;
    throw refusedDocument(
      `<Parameter name="${name.slice(0, 40)}"> is too long: name and value together must be under 500 characters`,
    );
  }
  return { type: 'stream', url, parameters };
}
