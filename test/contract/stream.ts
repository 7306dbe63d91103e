import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../shared/errors.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import type { StreamCommand, StreamEvent, StreamFacts } from '../../shared/stream.ts';
import { readEvidence, readStream } from '../helpers/evidence.ts';

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

/** The messages of a media stream. */
export function describeStream(module: ProviderModule): void {
  const { env, carrierEnv, call } = readEvidence(module.name);
  const { stream } = module;
  const frames = readStream(module.name);
  const fromCarrier = frames
    .filter(({ direction }) => direction === 'provider_to_server')
    .map((frame) => frame.message);
  const toCarrier = frames
    .filter(({ direction }) => direction === 'server_to_provider')
    .map((frame) => frame.message);
  const decodeEvent = (text: string): unknown => stream.decodeEvent(text);
  const decodeCommand = (text: string): unknown => stream.decodeCommand(text);
  const facts = startOf(module, fromCarrier);

  describe('media stream', () => {
    test('opens as its dialect says', () => {
      const opening = fromCarrier.slice(0, stream.opening.length);
      expect(opening.map((message) => stream.decodeEvent(JSON.stringify(message))?.type)).toEqual(
        stream.opening,
      );
      expect(facts.callId).toBe(call.id);
      expect(facts.format).toEqual({ encoding: 'mulaw', sampleRate: 8000 });
    });

    test.each(fromCarrier.filter(({ event }) => !['start', 'error'].includes(event)))(
      'a recorded $event is written again as it was',
      (message) => {
        const event = stream.decodeEvent(JSON.stringify(message));
        const text = event && stream.encodeEvent(event, facts);
        expect(text && (JSON.parse(text) as unknown)).toEqual(message);
      },
    );

    test.each(toCarrier.filter((message) => !isGarbage(message)))(
      'a recorded command $event is written again as it was',
      (message) => {
        const command = stream.decodeCommand(JSON.stringify(message));
        const text = command && stream.encodeCommand(command, facts);
        expect(text && (JSON.parse(text) as unknown)).toEqual(message);
      },
    );

    test('a stream of the carrier survives the wire as start', () => {
      const carrier = module.carrier({ ...env, ...carrierEnv });
      const invented = carrier?.newStream(call, { agent: 'support', from: '14155550100' });
      const event: StreamEvent | undefined = invented && { type: 'start', sequence: 1, stream: invented };
      const text = event && stream.encodeEvent(event, event.stream);
      expect(text && stream.decodeEvent(text)).toEqual(event);
      expect(invented?.callId).toBe(call.id);
    });

    test('its recorded start has the same members, and of the same types, as one of ours', () => {
      const recorded = fromCarrier.find(({ event }) => event === 'start');
      const text = stream.encodeEvent({ type: 'start', sequence: 1, stream: facts }, facts);
      expect(text && typesOf(JSON.parse(text))).toEqual(typesOf(recorded));
    });

    test('parameters are empty when the carrier sends none', () => {
      const text =
        stream.encodeEvent({ type: 'start', sequence: 1, stream: { ...facts, parameters: {} } }, facts) ?? '';
      const bare = text.replace(/,"(?:customParameters|custom_parameters)":\{\}|,"extra_headers":""/, '');
      expect(bare).not.toBe(text);
      expect(stream.decodeEvent(bare)).toMatchObject({ stream: { parameters: {} } });
    });

    test('what is written is read as the same event', () => {
      fc.assert(
        fc.property(events, (event) => {
          const text = stream.encodeEvent(event, facts);
          const read = text === null ? event : stream.decodeEvent(text);
          expect(withoutTime(read)).toEqual(withoutTime(event));
        }),
      );
    });

    test('what is written is read as the same command', () => {
      fc.assert(
        fc.property(commands, (command) => {
          const text = stream.encodeCommand(command, facts);
          expect(text && stream.decodeCommand(text)).toEqual(command);
        }),
      );
    });

    test('a message we have never heard of is passed over', () => {
      expect(stream.decodeEvent('{"event":"somethingNew","sequenceNumber":"9"}')).toBeNull();
    });

    test('a command the carrier has never heard of is refused by name', () => {
      expect(() => stream.decodeCommand('{"event":"somethingNew","streamSid":"x"}')).toThrow(invalid);
    });

    test.each([
      '',
      'null',
      '[]',
      '{}',
      '"start"',
      '{"event":1}',
      '{"event":"start"}',
      '{"event":"media","media":null}',
    ])('frame %j is refused by name', (text) => {
      expect(() => stream.decodeEvent(text)).toThrow(invalid);
      expect(() => stream.decodeCommand(text)).toThrow(invalid);
    });

    test.each(['***not base64***', 'AA', 'A===', 'AA==AA==', 'AA-_', ' AAA', 'AAA\n', 'é==='])(
      'payload %j is refused by name',
      (payload) => {
        for (const [messages, decode] of [
          [fromCarrier, decodeEvent],
          [toCarrier, decodeCommand],
        ] as const) {
          const media = messages.find((message) => 'media' in message);
          const text = JSON.stringify(media).replace(
            /"payload":"[^"]*"/,
            `"payload":${JSON.stringify(payload)}`,
          );
          expect(() => decode(text)).toThrow(invalid);
        }
      },
    );

    test('no mutilated frame makes a decoder throw anything else', () => {
      const genuine = [...fromCarrier, ...toCarrier].map((message) => JSON.stringify(message));
      const junk = fc.constantFrom('', '0', '-1', 'null', '{}', '[]', '"', '"x"', '1e999', '\\ud800', ',');
      const mutilated = fc
        .tuple(fc.constantFrom(...genuine), fc.nat(300), fc.nat(6), junk)
        .map(([text, at, length, by]) => text.slice(0, at) + by + text.slice(at + length));
      const anything = fc.oneof(mutilated, fc.json(), fc.string({ unit: 'binary' }));
      fc.assert(
        fc.property(
          anything,
          (text) =>
            isRefusedByName(() => stream.decodeEvent(text)) &&
            isRefusedByName(() => stream.decodeCommand(text)),
        ),
        { numRuns: 2000 },
      );
    });
  });
}

function startOf(module: ProviderModule, messages: readonly unknown[]): StreamFacts {
  for (const message of messages) {
    const event = module.stream.decodeEvent(JSON.stringify(message));
    if (event?.type === 'start') return event.stream;
  }
  throw new Error(`${module.name} has no start in its stream`);
}

function isGarbage(message: Readonly<Record<string, unknown>>): boolean {
  return JSON.stringify(message).includes('*');
}

/** Not every dialect dates its digits. */
function withoutTime(event: StreamEvent | null): unknown {
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
