import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HttpResponse } from '../../shared/http.ts';
import type { Call, Fallback, ProviderModule } from '../../shared/provider.ts';
import { elementsOf, xmlCharacters, type XmlElement } from '../../shared/xml.ts';
import { readEvidence } from '../helpers/evidence.ts';
import { readXml } from '../helpers/read-xml.ts';

const URL_WITH_TOKEN = 'wss://gw.example.com/ws/x/support.acme/eyJ2IjoxfQ.c2lnbmF0dXJl';
const AFTER = 'https://gw.example.com/webhooks/x/after';

/** Any text at all: control characters, lone surrogates, references, tags. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
  fc
    .array(
      fc.constantFrom(
        '&#0;',
        '&amp;',
        '&nope;',
        '&',
        ';',
        ']]>',
        '<',
        '>',
        '"',
        "'",
        '{{',
        '{',
        '}}',
        '\r',
        '\n',
        '\t',
        '\ud800',
        '\u0000',
        '\ufffe',
        'a',
        '1',
        '\u{1f600}',
      ),
    )
    .map((parts) => parts.join('')),
);

const injections = [
  '</Parameter><Dial>+1900</Dial>',
  '"><Hangup/>',
  "'><Hangup/>",
  ']]>',
  '&#0;',
  '&amp;lt;',
  '&nope;',
  '<![CDATA[',
  '<!--',
  '{{From}}',
  '\r\nX-Evil: 1',
  'x'.repeat(4096),
];

/** What the carrier is told to do. */
export function describeDocuments(module: ProviderModule): void {
  const { env, carrierEnv, call } = readEvidence(module.name);
  const provider = module.configure(env);
  const carrier = module.carrier({ ...env, ...carrierEnv });
  if (!provider || !carrier) throw new Error(`${module.name} is not configured by its own evidence`);
  const verbsOf = ({ body }: HttpResponse): unknown => carrier.readDocument(readXml(body));

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
        readXml(provider.connect({ url: URL_WITH_TOKEN, call, afterUrl: null }).body),
      );
      const parameters = stream?.type === 'stream' ? Object.values(stream.parameters) : [];
      expect(parameters.map((value) => value.replace('+', ''))).toEqual(['14155550100', '14155550199']);
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

    const say = { type: 'say', text: 'Sorry.' };
    const dial = { type: 'dial', number: '+15559990000' };
    const redirect = { type: 'redirect', url: AFTER, method: 'POST' };
    const hangUp = { type: 'hangUp' };
    test.each<[Fallback, readonly unknown[]]>([
      [{}, [hangUp]],
      [{ say: '' }, [hangUp]],
      [{ say: '\u0000 ' }, [hangUp]],
      [{ say: 'Sorry.' }, [say, hangUp]],
      [{ dial: '+15559990000' }, [dial, hangUp]],
      [{ redirect: AFTER }, [redirect]],
      [{ redirect: AFTER, dial: '+15559990000', say: 'Sorry.' }, [say, dial, redirect]],
    ])('decline with %j', (fallback, verbs) => {
      expect(verbsOf(provider.decline(fallback))).toEqual(verbs);
    });

    test("are one line of XML with a declaration, under the carrier's limit, as text/xml", () => {
      const { status, headers, body } = provider.connect({ url: URL_WITH_TOKEN, call, afterUrl: AFTER });
      expect(status).toBe(200);
      expect(headers).toEqual({ 'content-type': 'text/xml; charset=utf-8' });
      expect(body).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?><Response>.*<\/Response>$/);
      expect(Buffer.byteLength(body)).toBeLessThan(carrier.maxDocumentBytes);
    });

    test.each(injections)('carry %j as text only', (text) => {
      expectOnlyText(module.name, provider.decline({ say: text, dial: text, redirect: text }), text);
      expect(shapeOf(provider.connect({ url: URL_WITH_TOKEN, call: callOf(text), afterUrl: text }))).toMatch(
        STREAM_ONLY,
      );
    });

    test('carry any text at all as text only', () => {
      fc.assert(
        fc.property(anyText, (text) => {
          expectOnlyText(
            module.name,
            provider.decline({ say: `x${text}`, dial: text, redirect: text }),
            `x${text}`,
          );
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

    test.each(mutations(module.name))('are refused by the carrier when %s', (_, from, to) => {
      const { body } = provider.connect({ url: URL_WITH_TOKEN, call, afterUrl: null });
      expect(body).toContain(from);
      expect(() => carrier.readDocument(readXml(body.replaceAll(from, to)))).toThrow(
        expect.objectContaining({ code: 'ERR_DOCUMENT_REFUSED' }) as Error,
      );
    });
  });

  function callOf(from: string): Call {
    return { ...call, from, to: from };
  }
}

/** Say, Dial, Number, Redirect with that very text, and headers that do not know it. */
function expectOnlyText(name: string, { headers, body }: HttpResponse, spoken: string): void {
  const root = readXml(body);
  const verbs = elementsOf(root);
  expect(verbs.map((verb) => verb.name)).toEqual([name === 'plivo' ? 'Speak' : 'Say', 'Dial', 'Redirect']);
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
  const all: [string, string, string][] = [
    ['the root is another', 'Response>', 'Answer>'],
    ['a verb is unknown', '<Hangup/>', '<Teleport/>'],
    ['the stream is not encrypted', 'wss://gw', 'ws://gw'],
    ['the stream has no host', 'wss://gw.example.com', 'wss:'],
    ['there is text between the verbs', '<Hangup/>', 'bye'],
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
    telnyx: [
      ['we would have to send MP3', 'bidirectionalMode="rtp"', ''],
      ['the codec of the call may be any', 'codec="PCMU"', ''],
      ['the codec of the bot is another', 'bidirectionalCodec="PCMU"', 'bidirectionalCodec="G722"'],
      ['a spent token would be used again', 'enableReconnect="false"', ''],
      ['the bot would hear itself', 'inbound_track', 'both_tracks'],
      ['something is a template', '+14155550100', '{{From}}'],
    ],
  };
  return [...all, ...(own[name] ?? [])];
}
