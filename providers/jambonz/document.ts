import type { CarrierDocument, Verb } from '../../shared/carrier.ts';
import { refusedDocument } from '../../shared/document.ts';
import type { Fields } from '../../shared/fields.ts';
import {
  checkMembers,
  readItems,
  readMethod,
  readSingle,
  readStreamUrl,
  readText,
  type ItemReader,
} from '../../shared/json-document.ts';

/** @see npm @jambonz/verb-specifications 0.1.13, specs.json (read 2026-11-21) */
const readers: Readonly<Record<string, ItemReader>> = {
  listen: {
    members: [
      ['id', 'url', 'actionHook', 'auth', 'wsAuth', 'metadata', 'mixType', 'sampleRate', 'passDtmf'],
      ['bidirectionalAudio', 'disableBidirectionalAudio', 'finishOnKey', 'maxLength', 'playBeep', 'timeout'],
    ].flat(),
    read: (item) => [readListen(item)],
  },
  say: { members: ['id', 'text', 'loop', 'synthesizer', 'earlyMedia'], read: readSay },
  play: {
    members: ['id', 'url', 'loop', 'earlyMedia', 'timeoutSecs', 'actionHook'],
    read: (item) => [{ type: 'play', url: readText(item, 'url') }],
  },
  dial: {
    members: ['id', 'target', 'actionHook', 'answerOnBridge', 'callerId', 'timeLimit', 'timeout'],
    read: (item) => [readDial(readSingle(item, 'target'))],
  },
  redirect: { members: ['id', 'actionHook', 'statusHook'], read: (item) => [readRedirect(item)] },
  hangup: { members: ['id', 'headers'], read: () => [{ type: 'hangUp' }] },
};

/** Reads an application's verbs as Jambonz does, and refuses what would leave the caller in silence. */
export function readDocument(document: CarrierDocument): readonly Verb[] {
  return readItems(document, 'verb', readers);
}

function readListen(item: Fields): Verb {
  const url = readStreamUrl(item, 'url');
  if (item.string('mixType') !== 'mono')
    throw refusedDocument('the bot would hear itself: set "mixType": "mono"');
  if (item.number('sampleRate') !== 8000)
    throw refusedDocument('set "sampleRate": 8000: nothing is transcoded');
  if (!item.has('passDtmf') || !item.boolean('passDtmf')) {
    throw refusedDocument('Jambonz would keep keys to itself: set "passDtmf": true');
  }
  const back = item.object('bidirectionalAudio');
  checkMembers(back, ['enabled', 'streaming', 'sampleRate']);
  if (!back.boolean('enabled') || !back.has('streaming') || !back.boolean('streaming')) {
    throw refusedDocument('Jambonz would wait for files: set bidirectionalAudio enabled and streaming');
  }
  if (back.number('sampleRate') !== 8000) {
    throw refusedDocument('set "sampleRate": 8000 in bidirectionalAudio: nothing is transcoded');
  }
  return { type: 'stream', url, parameters: item.strings('metadata') };
}

function readSay(item: Fields): readonly Verb[] {
  return [{ type: 'say', text: readText(item, 'text') }];
}

function readDial(target: Fields): Verb {
  checkMembers(target, ['type', 'number', 'trunk']);
  if (target.string('type') !== 'phone')
    throw refusedDocument('only a target of the type "phone" is known here');
  return { type: 'dial', number: readText(target, 'number') };
}

function readRedirect(item: Fields): Verb {
  const hook = item.object('actionHook');
  checkMembers(hook, ['url', 'method', 'username', 'password']);
  return { type: 'redirect', url: readText(hook, 'url'), method: readMethod(hook, 'method') };
}
