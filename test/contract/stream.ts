import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../shared/errors.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import { bytesOf, FRAME_MS } from '../../shared/audio.ts';
import type { StreamCommand, StreamEvent, StreamFacts, StreamMessage } from '../../shared/stream.ts';
import { readEvidence, readStream, type Frame } from '../helpers/evidence.ts';

const invalid = expect.objectContaining({ code: 'ERR_FRAME_INVALID' }) as Error;
const audio = fc.uint8Array({ maxLength: 400 });
const count = fc.nat({ max: 2 ** 40 });
const name = fc.string({ unit: 'grapheme' });

const commands: fc.Arbitrary<StreamCommand> = fc.oneof(
  fc.record({ type: fc.constant('media' as const), audio }),
  fc.record({ type: fc.constant('mark' as const), name }),
  fc.constant({ type: 'clear' as const }),
);

const events: fc.Arbitrary<StreamEvent> = fc.oneof(
  fc.constant({ type: 'connected' as const }),
  fc.record({ type: fc.constant('media' as const), sequence: count, chunk: count, timestamp: count, audio }),
  fc.record({
    type: fc.constant('dtmf' as const),
    sequence: count,
    digit: fc.constantFrom('0', '9', '#', '*'),
    timestamp: count,
  }),
  fc.record({ type: fc.constant('mark' as const), sequence: count, name }),
  fc.record({ type: fc.constant('cleared' as const), sequence: count }),
  fc.record({ type: fc.constant('error' as const), code: fc.nat().map(String), detail: name }),
  fc.record({ type: fc.constant('stop' as const), sequence: count }),
);

const badPayloads = ['***not base64***', 'AA', 'A===', 'AA==AA==', 'AA-_', ' AAA', 'AAA\n', 'é==='];

/** The messages of a media stream. */
export function describeStream(module: ProviderModule): void {
  const { env, carrierEnv, call } = readEvidence(module.name);
  const { stream } = module;
  const carrier = module.carrier({ ...env, ...carrierEnv });
  const frames = readStream(module.name);
  const from = (side: Frame['direction']): StreamMessage[] =>
    frames.filter(({ direction }) => direction === side).map(({ message }) => message);
  const [fromCarrier, toCarrier] = [from('provider_to_server'), from('server_to_provider')];
  const facts = startOf(module, fromCarrier);
  const isBinary = fromCarrier.some((message) => typeof message !== 'string');

  describe('media stream', () => {
    test('opens as its dialect says', () => {
      const opening = fromCarrier.slice(0, stream.opening.length);
      expect(opening.map((message) => stream.decodeEvent(message)?.type)).toEqual(stream.opening);
      expect(facts.callId).toBe(call.id);
      expect(facts.format).toEqual(carrier?.newStream(call, {}).format);
    });

    // In a conversation, some messages are for the other end itself.
    const isForUs = (decoded: unknown): boolean => decoded !== null || stream.converse === undefined;
    const heard = fromCarrier
      .filter((message) => isForUs(stream.decodeEvent(message)))
      .filter((message) => !['start', 'error'].includes(stream.decodeEvent(message)?.type ?? ''));
    test.each(heard.map((message, index) => [index, message]))(
      'recorded event %i is written again as it was',
      (_, message) => {
        const event = stream.decodeEvent(message);
        expect(readable(event && stream.encodeEvent(event, facts))).toEqual(readable(message));
      },
    );

    const said = toCarrier.filter((message) => !isGarbage(message) && isForUs(stream.decodeCommand(message)));
    test.each(said.map((message, index) => [index, message]))(
      'recorded command %i is written again as it was',
      (_, message) => {
        const command = stream.decodeCommand(message);
        expect(readable(command && stream.encodeCommand(command, facts))).toEqual(readable(message));
      },
    );

    test('a stream of the carrier survives the wire as start', () => {
      const invented = carrier?.newStream(call, { agent: 'support', caller: '14155550100' });
      const event: StreamEvent | undefined = invented && { type: 'start', sequence: 1, stream: invented };
      const message = event && stream.encodeEvent(event, event.stream);
      expect(message && stream.decodeEvent(message)).toMatchObject({ type: 'start', stream: invented });
      expect(invented?.callId).toBe(call.id);
    });

    test('its recorded start has the same members, and of the same types, as one of ours', () => {
      const recorded = fromCarrier.find((message) => stream.decodeEvent(message)?.type === 'start');
      const ours = stream.encodeEvent({ type: 'start', sequence: 1, stream: facts }, facts);
      expect(typesOf(readable(ours))).toEqual(typesOf(readable(recorded ?? null)));
    });

    test('parameters are empty when the carrier sends none', () => {
      const message = stream.encodeEvent(
        { type: 'start', sequence: 1, stream: { ...facts, parameters: {} } },
        facts,
      );
      const text = typeof message === 'string' ? message : '';
      const place = /,"(?:customParameters|custom_parameters)":\{\}|,"extra_headers":"(?:\{\})?"/;
      // Where they have no place of their own, they stand among the other members.
      for (const bare of [text, text.replace(place, '')]) {
        expect(stream.decodeEvent(bare)).toMatchObject({ stream: { parameters: {} } });
      }
    });

    test('what is written is read as the same event', () => {
      fc.assert(
        fc.property(events, (event) => {
          const message = stream.encodeEvent(event, facts);
          const read = message === null ? event : stream.decodeEvent(message);
          expect(comparable(read, read)).toEqual(comparable(event, read));
        }),
      );
    });

    test('what is written is read as the same command', () => {
      fc.assert(
        fc.property(commands, (command) => {
          const message = stream.encodeCommand(command, facts);
          // Only audio may have a length for which there is no message, and one dialect has no marks.
          const wordless = ['media', ...(module.name === 'genesys' ? ['mark'] : [])];
          const isLeftOut = message === null && wordless.includes(command.type);
          expect(isLeftOut ? command : message && stream.decodeCommand(message)).toEqual(command);
        }),
      );
    });

    test('20 ms of audio have a message, both ways', () => {
      const frame = new Uint8Array(bytesOf(facts.format, stream.frameMs ?? FRAME_MS));
      const event = { type: 'media', sequence: 1, chunk: 1, timestamp: 0, audio: frame } as const;
      expect(stream.encodeEvent(event, facts)).not.toBeNull();
      expect(stream.encodeCommand({ type: 'media', audio: frame }, facts)).not.toBeNull();
    });

    test('a message we have never heard of is passed over', () => {
      const text = '{"event":"somethingNew","type":"somethingNew","sequenceNumber":"9"}';
      expect(stream.decodeEvent(text)).toBeNull();
    });

    test('a command the carrier has never heard of is refused by name', () => {
      expect(() => stream.decodeCommand('{"event":"somethingNew","streamSid":"x"}')).toThrow(invalid);
    });

    const inText = ['{"event":"start"}', '{"event":"media","media":null}'];
    test.each(['', 'null', '[]', '{}', '"start"', '{"event":1}', ...(isBinary ? [] : inText)])(
      'frame %j is refused by name',
      (text) => {
        expect(() => stream.decodeEvent(text)).toThrow(invalid);
        expect(() => stream.decodeCommand(text)).toThrow(invalid);
      },
    );

    const halves = isBinary && facts.format.encoding === 'l16' ? [1, 159, 321] : [];
    test.each(halves)('audio of %i bytes, half a sample, is refused by name', (bytes) => {
      expect(() => stream.decodeEvent(new Uint8Array(bytes))).toThrow(invalid);
      expect(() => stream.decodeCommand(new Uint8Array(bytes))).toThrow(invalid);
    });

    test.each(isBinary ? [] : [0, 160])('a binary message of %i bytes is refused by name', (bytes) => {
      expect(() => stream.decodeEvent(new Uint8Array(bytes))).toThrow(invalid);
      expect(() => stream.decodeCommand(new Uint8Array(bytes))).toThrow(invalid);
    });

    test.each(isBinary ? [] : badPayloads)('payload %j is refused by name', (payload) => {
      const spoiled = (messages: readonly StreamMessage[]): string =>
        String(
          messages.find((message) => typeof message === 'string' && message.includes('"media"')),
        ).replace(/"payload":"[^"]*"/, () => `"payload":${JSON.stringify(payload)}`);
      expect(() => stream.decodeEvent(spoiled(fromCarrier))).toThrow(invalid);
      expect(() => stream.decodeCommand(spoiled(toCarrier))).toThrow(invalid);
    });

    test('no mutilated frame makes a decoder throw anything else', () => {
      const genuine = [...fromCarrier, ...toCarrier].filter((message) => typeof message === 'string');
      const junk = fc.constantFrom('', '0', '-1', 'null', '{}', '[]', '"', '"x"', '1e999', '\\ud800', ',');
      const mutilated = fc
        .tuple(fc.constantFrom(...genuine), fc.nat(300), fc.nat(6), junk)
        .map(([text, at, length, by]) => text.slice(0, at) + by + text.slice(at + length));
      const anything = fc.oneof(
        mutilated,
        fc.json(),
        fc.string({ unit: 'binary' }),
        fc.uint8Array({ maxLength: 700 }),
      );
      fc.assert(
        fc.property(
          anything,
          (message) =>
            isRefusedByName(() => stream.decodeEvent(message)) &&
            isRefusedByName(() => stream.decodeCommand(message)),
        ),
        { numRuns: 2000 },
      );
    });
  });
}

function startOf(module: ProviderModule, messages: readonly StreamMessage[]): StreamFacts {
  for (const message of messages) {
    const event = module.stream.decodeEvent(message);
    if (event?.type === 'start') return event.stream;
  }
  throw new Error(`${module.name} has no start in its stream`);
}

/** A message for comparison: JSON, without what a conversation numbers, or bytes. */
function readable(message: StreamMessage | null): unknown {
  const numbers = ['seq', 'serverseq', 'clientseq', 'position'];
  if (typeof message !== 'string') return message && Buffer.from(message);
  return JSON.parse(message, (key, value: unknown) => (numbers.includes(key) ? 0 : value));
}

function isGarbage(message: StreamMessage): boolean {
  return typeof message === 'string' && message.includes('*');
}

/** Without what the dialect of `read` does not say: not every one dates its digits, or counts its marks, or anything. */
function comparable(event: StreamEvent | null, read: StreamEvent | null): unknown {
  const counts = { sequence: undefined, chunk: undefined, timestamp: undefined };
  if (read && 'sequence' in read && read.sequence === 0) return { ...event, ...counts };
  if (event?.type === 'mark' || event?.type === 'cleared') return { ...event, sequence: undefined };
  return event?.type === 'dtmf' ? { ...event, timestamp: undefined } : event;
}

function typesOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, typesOf(member)]));
}

function isRefusedByName(decode: () => unknown): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    return error instanceof GatewayError && error.code === 'ERR_FRAME_INVALID';
  }
}
