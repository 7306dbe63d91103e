import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HttpResponse } from '../../shared/http.ts';
import type { Step } from '../../shared/carrier.ts';
import type { Env } from '../../shared/env.ts';
import type { Call, Provider, ProviderModule } from '../../shared/provider.ts';
import { elementsOf, xmlCharacters, type XmlElement } from '../../shared/xml.ts';
import { readEvidence } from '../helpers/evidence.ts';
import { documentOf } from '../helpers/read-document.ts';
import { readXml } from '../helpers/read-xml.ts';
import { anyText, injections, stepsOf } from './hostile-texts.ts';
import { describeJson, jsonMutations } from './json-documents.ts';

const URL_WITH_TOKEN = 'wss://gw.example.com/ws/x/support.acme/eyJ2IjoxfQ.c2lnbmF0dXJl';
const AFTER = 'https://gw.example.com/webhooks/x/after';

/** What the carrier is told to do. */
export function describeDocuments(module: ProviderModule): void {
  const { env, carrierEnv, call } = readEvidence(module.name);
  const provider = configured(module, env);
  const carrier = module.carrier({ ...env, ...carrierEnv });
  if (!carrier) throw new Error(`${module.name} is not configured by its own evidence`);
  const verbsOf = ({ body }: HttpResponse): unknown => carrier.readDocument(documentOf(body));

  describe('documents', () => {
    test('join the call to the stream and end with it', () => {
      expect(verbsOf(provider.connect({ url: URL_WITH_TOKEN, call, afterUrl: null }))).toEqual([
        { type: 'stream', url: URL_WITH_TOKEN, parameters: expect.any(Object) as unknown },
        { type: 'hangUp' },
      ]);
    });

    test('ask again after the stream when there is somebody to ask', () => {
      expect(verbsOf(provider.connect({ url: URL_WITH_TOKEN, call, afterUrl: AFTER }))).toEqual([
        { type: 'stream', url: URL_WITH_TOKEN, parameters: expect.any(Object) as unknown },
        { type: 'redirect', url: AFTER, method: 'POST' },
      ]);
    });

    test('tell the bot both numbers', () => {
      const [stream] = carrier.readDocument(
        documentOf(provider.connect({ url: URL_WITH_TOKEN, call, afterUrl: null }).body),
      );
      const parameters = stream?.type === 'stream' ? Object.values(stream.parameters) : [];
      const numbers = parameters.map((value) => value.replace('+', ''));
      expect(numbers.filter((value) => value !== call.id)).toEqual(['14155550100', '14155550199']);
    });

    test('may go to a gateway on this machine without TLS', () => {
      for (const host of ['127.0.0.1:7860', 'localhost:7860', '[::1]:7860']) {
        const url = `ws://${host}/ws/x/a.b`;
        expect(verbsOf(provider.connect({ url, call, afterUrl: null }))).toContainEqual(
          expect.objectContaining({ url }),
        );
      }
    });

    test('hang up without a word', () => {
      expect(verbsOf(provider.hangUp())).toEqual([{ type: 'hangUp' }]);
    });

    const say: Step = { type: 'say', text: 'Sorry.' };
    const play: Step = { type: 'play', url: 'https://files.example.com/sorry.mp3?a=1&b=2' };
    const dial: Step = { type: 'dial', number: '+15559990000' };
    const redirect: Step = { type: 'redirect', url: AFTER, method: 'POST' };
    const fetched: Step = { type: 'redirect', url: AFTER, method: 'GET' };
    const hangUp: Step = { type: 'hangUp' };
    test.each<[readonly Step[], readonly Step[]]>([
      [[], [hangUp]],
      [[hangUp], [hangUp]],
      [[{ type: 'say', text: '' }], [hangUp]],
      [[{ type: 'say', text: '\u0000 ' }], [hangUp]],
      [[say], [say, hangUp]],
      [[play], [play, hangUp]],
      [[dial], [dial, hangUp]],
      [[redirect], [redirect]],
      [[fetched], [fetched]],
      [
        [say, play, dial, say, redirect],
        [say, play, dial, say, redirect],
      ],
      [
        [dial, dial, play, hangUp],
        [dial, dial, play, hangUp],
      ],
      // Nothing follows these two, so that nobody relies on it.
      [[redirect, say], [redirect]],
      [
        [say, hangUp, dial],
        [say, hangUp],
      ],
    ])('decline with %j', (steps, verbs) => {
      expect(verbsOf(provider.decline(steps))).toEqual(verbs);
    });

    test("are under the carrier's limit", () => {
      const { status, body } = provider.connect({ url: URL_WITH_TOKEN, call, afterUrl: AFTER });
      expect(status).toBe(200);
      expect(Buffer.byteLength(body)).toBeLessThan(carrier.maxDocumentBytes);
    });

    test.each(mutations(module.name))('are refused by the carrier when %s', (_, from, to) => {
      const { body } = provider.connect({ url: URL_WITH_TOKEN, call, afterUrl: null });
      expect(body).toContain(from);
      expect(() => carrier.readDocument(documentOf(body.replaceAll(from, to)))).toThrow(
        expect.objectContaining({ code: 'ERR_DOCUMENT_REFUSED' }) as Error,
      );
    });

    if (provider.hangUp().body.startsWith('<')) describeXml();
    else describeJson(provider, call);
  });

  function describeXml(): void {
    test('are one line of XML with a declaration, as text/xml', () => {
      const { headers, body } = provider.connect({ url: URL_WITH_TOKEN, call, afterUrl: AFTER });
      expect(headers).toEqual({ 'content-type': 'text/xml; charset=utf-8' });
      expect(body).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?><Response>.*<\/Response>$/);
    });

    test.each(injections)('carry %j as text only', (text) => {
      expectOnlyText(module.name, provider.decline(stepsOf(text)), text);
      expect(shapeOf(provider.connect({ url: URL_WITH_TOKEN, call: callOf(text), afterUrl: text }))).toMatch(
        STREAM_ONLY,
      );
    });

    test('carry any text at all as text only', () => {
      fc.assert(
        fc.property(anyText, (text) => {
          expectOnlyText(module.name, provider.decline(stepsOf(`x${text}`)), `x${text}`);
          const connected = provider.connect({
            url: URL_WITH_TOKEN + text,
            call: callOf(text),
            afterUrl: text,
          });
          expect(shapeOf(connected)).toMatch(STREAM_ONLY);
        }),
        { numRuns: 300 },
      );
    });
  }

  function callOf(from: string): Call {
    return { ...call, from, to: from };
  }
}

function configured(module: ProviderModule, env: Env): Provider {
  const provider = module.configure(env);
  if (!provider) throw new Error(`${module.name} is not configured by its own evidence`);
  return provider;
}

/** Say, Play, Dial, Number, Redirect with that very text, and headers that do not know it. */
function expectOnlyText(name: string, { headers, body }: HttpResponse, spoken: string): void {
  const root = readXml(body);
  const verbs = elementsOf(root);
  expect(verbs.map((verb) => verb.name)).toEqual([
    /^(plivo|vobiz)$/.test(name) ? 'Speak' : 'Say',
    'Play',
    'Dial',
    'Redirect',
  ]);
  const said = xmlCharacters(spoken);
  const expected = name === 'telnyx' ? said.replace(/\{(?=\{)/g, '{ ') : said;
  expect(verbs[0]?.children).toEqual([expected]);
  expect(Object.values(headers)).toEqual(['text/xml; charset=utf-8']);
  expect(name === 'telnyx' && body.includes('{{')).toBe(false);
}

/** A stream with its parameters, and a redirect: nothing that a value could have added. */
const STREAM_ONLY = /^Response (?:Connect )?Stream (?:Parameter ){0,2}Redirect$/;

/** Names of all elements, in order. */
function shapeOf({ body }: HttpResponse): string {
  const namesOf = (element: XmlElement): string[] => [element.name, ...elementsOf(element).flatMap(namesOf)];
  return namesOf(readXml(body)).join(' ');
}

/** What is wrong, what to replace, by what. */
function mutations(name: string): [string, string, string][] {
  const xml: [string, string, string][] = [
    ['the root is another', 'Response>', 'Answer>'],
    ['a verb is unknown', '<Hangup/>', '<Teleport/>'],
    ['there is text between the verbs', '<Hangup/>', 'bye'],
  ];
  const all: [string, string, string][] = [
    ['the stream is not encrypted', 'wss://gw', 'ws://gw'],
    ['the stream has no host', 'wss://gw.example.com', 'wss:'],
  ];
  const own: Record<string, [string, string, string][]> = {
    twilio: [
      ['the stream URL has a query', '/support.acme/', '/support.acme?token='],
      ['the track is another', 'inbound_track', 'both_tracks'],
      ['a parameter is too long', '+14155550100', 'x'.repeat(489)],
      ['the stream does not block', 'Connect>', 'Start>'],
    ],
    plivo: [
      ['the stream is one-way', 'bidirectional="true"', ''],
      ['the call is not kept alive', 'keepCallAlive="true"', 'keepCallAlive="false"'],
      ['both tracks are asked for', 'audioTrack="inbound"', 'audioTrack="both"'],
      ['the codec is left open', 'contentType="audio/x-mulaw;rate=8000"', ''],
      ['an extra header has other characters', 'from=1', 'from=%2B1'],
      ['the extra headers are too long', 'from=1', `from=${'1'.repeat(490)}`],
    ],
    signalwire: [
      ['the stream URL has a query', '/support.acme/', '/support.acme?token='],
      ['the track is another', 'inbound_track', 'both_tracks'],
      ['the codec is another', 'PCMU@8000h', 'L16@24000h'],
      ['the stream does not block', 'Connect>', 'Start>'],
    ],
    vobiz: [
      ['the stream is one-way', 'bidirectional="true"', ''],
      ['the call is not kept alive', 'keepCallAlive="true"', 'keepCallAlive="false"'],
      ['both tracks are asked for', 'audioTrack="inbound"', 'audioTrack="both"'],
      ['the codec is left open', 'contentType="audio/x-mulaw;rate=8000"', ''],
    ],
    telnyx: [
      ['we would have to send MP3', 'bidirectionalMode="rtp"', ''],
      ['the codec of the call may be any', 'codec="PCMU"', ''],
      ['the codec of the bot is another', 'bidirectionalCodec="PCMU"', 'bidirectionalCodec="G722"'],
      ['a spent token would be used again', 'enableReconnect="false"', ''],
      ['the bot would hear itself', 'inbound_track', 'both_tracks'],
      ['something is a template', '+14155550100', '{{From}}'],
    ],
  };
  return [...all, ...(name in jsonMutations ? [] : xml), ...(own[name] ?? jsonMutations[name] ?? [])];
}
