import type { Verb } from '../../shared/carrier.ts';
import {
  faultOfStreamUrl,
  readDial,
  readHangUp,
  readOnly,
  readParameters,
  readPlay,
  readRedirect,
  readSay,
  readStatusAddress,
  readVerbs,
  refusedDocument,
} from '../../shared/document.ts';
import { elementsOf, textOf, type XmlElement } from '../../shared/xml.ts';

/** Reads TeXML as Telnyx does, and refuses what would leave the caller in silence. */
export function readDocument(root: XmlElement): readonly Verb[] {
  refuseTemplates(root);
  return readVerbs(root, {
    Connect: (connect) => [readStream(readOnly(connect, 'Stream'))],
    Say: readSay,
    Play: readSafePlay,
    Dial: readDial,
    Redirect: readRedirect,
    Hangup: readHangUp,
  });
}

function readSafePlay(play: XmlElement): readonly Verb[] {
  if (play.attributes['continueOnError'] === 'true') return readPlay(play);
  throw refusedDocument('a file that cannot be had would end the call: set continueOnError="true" in <Play>');
}

function refuseTemplates(element: XmlElement): void {
  if ([textOf(element), ...Object.values(element.attributes)].some((text) => text.includes('{{'))) {
    throw refusedDocument('"{{" opens a template, which Telnyx fills in with nothing: write single braces');
  }
  elementsOf(element).forEach(refuseTemplates);
}

function readStream(stream: XmlElement): Verb {
  const { attributes } = stream;
  const { url = '', track = 'inbound_track', bidirectionalCodec = 'PCMU' } = attributes;
  if (faultOfStreamUrl(url) !== null)
    throw refusedDocument('<Stream url> is not a wss:// URL: set a public https URL');
  if (track !== 'inbound_track') {
    throw refusedDocument('the bot would hear itself: set track="inbound_track"');
  }
  if (attributes['bidirectionalMode'] !== 'rtp') {
    throw refusedDocument(
      'Telnyx would wait for MP3, the caller would hear nothing: set bidirectionalMode="rtp"',
    );
  }
  if (attributes['codec'] !== 'PCMU') {
    throw refusedDocument('the caller\'s audio would come in the codec of the call: set codec="PCMU"');
  }
  if (bidirectionalCodec !== 'PCMU' || (attributes['bidirectionalSamplingRate'] ?? '8000') !== '8000') {
    throw refusedDocument(
      'set bidirectionalCodec="PCMU" and bidirectionalSamplingRate="8000": nothing is transcoded',
    );
  }
  if (attributes['enableReconnect'] !== 'false') {
    throw refusedDocument(
      'Telnyx would open a lost socket again with a spent token: set enableReconnect="false"',
    );
  }
  const parameters = readParameters(stream);
  return { type: 'stream', url, parameters, ...readStatusAddress(stream, 'statusCallback') };
}
