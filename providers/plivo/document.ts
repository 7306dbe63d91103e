import type { Verb } from '../../shared/carrier.ts';
import {
  faultOfStreamUrl,
  readDial,
  readHangUp,
  readPlay,
  readRedirect,
  readSay,
  readStatusAddress,
  readText,
  readVerbs,
  refusedDocument,
} from '../../shared/document.ts';
import type { XmlElement } from '../../shared/xml.ts';
import { readAttribute } from './extra-headers.ts';

/** Bytes: https://docs.plivo.com/docs/voice/xml/audiostream (read 2026-11-21). */
const MAX_EXTRA_HEADERS = 512;

/** Reads Plivo XML as Plivo does, and refuses what would leave the caller in silence. */
export function readDocument(root: XmlElement): readonly Verb[] {
  return readVerbs(root, {
    Stream: readStream,
    Speak: readSay,
    Play: readPlay,
    Dial: readNumber,
    Redirect: readRedirect,
    Hangup: readHangUp,
  });
}

function readStream(stream: XmlElement): readonly Verb[] {
  const url = readText(stream);
  const {
    bidirectional,
    keepCallAlive,
    audioTrack = 'inbound',
    contentType,
    extraHeaders,
  } = stream.attributes;
  if (faultOfStreamUrl(url) !== null)
    throw refusedDocument('<Stream> holds no wss:// URL: set a public https URL');
  if (bidirectional !== 'true') {
    throw refusedDocument('<Stream> is one-way, the caller would hear nothing: set bidirectional="true"');
  }
  if (keepCallAlive !== 'true') {
    throw refusedDocument(
      'the call would go on, or end, without waiting for <Stream>: set keepCallAlive="true"',
    );
  }
  if (audioTrack !== 'inbound') {
    throw refusedDocument('a bidirectional <Stream> has the caller only: set audioTrack="inbound"');
  }
  if (contentType !== 'audio/x-mulaw;rate=8000') {
    throw refusedDocument('<Stream> leaves the codec open: set contentType="audio/x-mulaw;rate=8000"');
  }
  const parameters = readParameters(extraHeaders);
  return [{ type: 'stream', url, parameters, ...readStatusAddress(stream, 'statusCallbackUrl') }];
}

function readParameters(extraHeaders: string | undefined): Readonly<Record<string, string>> {
  if (extraHeaders === undefined) return {};
  const parameters = readAttribute(extraHeaders);
  if (parameters && extraHeaders.length <= MAX_EXTRA_HEADERS) return parameters;
  throw refusedDocument(
    'extraHeaders must be name=value,name=value of letters and digits, 512 bytes at most',
  );
}

/** Plivo writes numbers without "+". */
function readNumber(dial: XmlElement): readonly Verb[] {
  return readDial(dial).map((verb) =>
    verb.type === 'dial' && /^[1-9][0-9]{6,14}$/.test(verb.number)
      ? { ...verb, number: `+${verb.number}` }
      : verb,
  );
}
