import type { CarrierDocument, Verb } from '../../shared/carrier.ts';
import { refusedDocument } from '../../shared/document.ts';
import type { Fields } from '../../shared/fields.ts';
import {
  checkMembers,
  readItems,
  readMethod,
  readObject,
  readSingle,
  readStreamUrl,
  readText,
  type ItemReader,
} from '../../shared/json-document.ts';
import { MAX_HEADERS_BYTES, MAX_TALK } from './answer.ts';

const readers: Readonly<Record<string, ItemReader>> = {
  connect: {
    members: [
      'endpoint',
      'from',
      'randomFromNumber',
      'timeout',
      'limit',
      'eventType',
      'eventUrl',
      'eventMethod',
    ],
    read: (item) => [readEndpoint(item, readSingle(item, 'endpoint'))],
  },
  talk: {
    members: ['text', 'bargeIn', 'loop', 'level', 'language', 'style', 'premium'],
    read: (item) => [readTalk(item)],
  },
  stream: {
    members: ['streamUrl', 'level', 'bargeIn', 'loop'],
    read: (item) => [{ type: 'play', url: readUrl(item, 'streamUrl') }],
  },
  notify: {
    members: ['payload', 'eventUrl', 'eventMethod'],
    read: (item) => [
      { type: 'redirect', url: readUrl(item, 'eventUrl'), method: readMethod(item, 'eventMethod') },
    ],
  },
};

/** Reads an NCCO as Vonage does, and refuses what would leave the caller in silence. Its end is the call's. */
export function readDocument(document: CarrierDocument): readonly Verb[] {
  const verbs = readItems(document, 'action', readers);
  return verbs.at(-1)?.type === 'redirect' ? verbs : [...verbs, { type: 'hangUp' }];
}

function readEndpoint(action: Fields, endpoint: Fields): Verb {
  const type = endpoint.string('type');
  if (type === 'phone') {
    checkMembers(endpoint, ['type', 'number', 'dtmfAnswer', 'onAnswer']);
    const number = readText(endpoint, 'number');
    if (number.startsWith('+')) throw refusedDocument('"number" has a "+": Vonage writes numbers without');
    return { type: 'dial', number: `+${number}` };
  }
  if (type === 'websocket') return readStream(action, endpoint);
  throw refusedDocument(`the endpoint "${type}" is not known here: use websocket, or phone`);
}

function readStream(action: Fields, endpoint: Fields): Verb {
  checkMembers(endpoint, ['type', 'uri', 'content-type', 'headers', 'authorization']);
  checkMembers(action, ['action', 'endpoint', 'timeout', 'limit']);
  const url = readStreamUrl(endpoint, 'uri');
  if (endpoint.string('content-type') !== 'audio/l16;rate=8000') {
    throw refusedDocument(
      'the audio would come at another rate: write "content-type": "audio/l16;rate=8000"',
    );
  }
  const headers = endpoint.has('headers') ? endpoint.object('headers') : readObject({}, 'headers.');
  const parameters = Object.fromEntries(headers.names.map((name) => [name, headers.string(name)]));
  if (Buffer.byteLength(JSON.stringify(parameters)) > MAX_HEADERS_BYTES) {
    throw refusedDocument(`"headers" are over ${MAX_HEADERS_BYTES} bytes: shorten them`);
  }
  return { type: 'stream', url, parameters };
}

function readTalk(item: Fields): Verb {
  const text = readText(item, 'text');
  if (text.length <= MAX_TALK) return { type: 'say', text };
  throw refusedDocument(`"text" is over ${MAX_TALK} characters: say it in two`);
}

/** Vonage takes lists of URLs, of one. */
function readUrl(item: Fields, key: string): string {
  const [url, ...others] = item.list(key);
  if (typeof url === 'string' && url !== '' && others.length === 0) return url;
  throw refusedDocument(`"${key}" is not a list of one URL`);
}
