import { describe, expect, test } from 'vitest';
import { exotel } from '../../providers/index.ts';
import type { StreamFacts } from '../../shared/stream.ts';

const { stream } = exotel;
const invalid = expect.objectContaining({ code: 'ERR_FRAME_INVALID' }) as Error;

const snake = {
  event: 'start',
  sequence_number: '1',
  stream_sid: 's',
  start: {
    stream_sid: 's',
    call_sid: 'c',
    account_sid: 'acme1',
    from: '+919876543210',
    to: '+918047491899',
    custom_parameters: { key1: 'value1' },
    media_format: { encoding: 'audio/x-raw', sample_rate: '8000', bit_rate: '16' },
  },
};
const camel = {
  event: 'start',
  sequenceNumber: 1,
  streamSid: 's',
  start: {
    streamSid: 's',
    callSid: 'c',
    accountSid: 'acme1',
    from: '+919876543210',
    to: '+918047491899',
    customParameters: { key1: 'value1' },
    mediaFormat: { encoding: 'raw', sampleRate: 8000, bitRate: '128kbps' },
  },
};

function factsOf(start: object): StreamFacts | null {
  const event = stream.decodeEvent(JSON.stringify({ ...snake, start: { ...snake.start, ...start } }));
  return event?.type === 'start' ? event.stream : null;
}

test('camel case and numbers say the same as snake case and text', () => {
  expect(stream.decodeEvent(JSON.stringify(camel))).toEqual(stream.decodeEvent(JSON.stringify(snake)));
});

test.each([
  ['8000', 8000],
  ['8000Hz', 8000],
  ['16000 hz', 16_000],
  [24_000, 24_000],
])('a sample rate of %j is %i Hz', (sample_rate, sampleRate) => {
  const media_format = { encoding: 'slin', sample_rate };
  expect(factsOf({ media_format })?.format).toEqual({ encoding: 'l16', sampleRate });
});

test.each(['8 kHz', '', '-8000', 'Hz', -1, 8000.5, null])(
  'a sample rate of %j is refused by name',
  (sample_rate) => {
    expect(() => factsOf({ media_format: { encoding: 'raw', sample_rate } })).toThrow(invalid);
  },
);

describe('the encoding', () => {
  test('may be µ-law in snake case', () => {
    const media_format = { encoding: 'audio/x-mulaw', sample_rate: '8000' };
    expect(factsOf({ media_format })?.format.encoding).toBe('mulaw');
  });

  test("is not µ-law in camel case, which is Twilio's", () => {
    const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000 };
    expect(() =>
      stream.decodeEvent(JSON.stringify({ ...camel, start: { ...camel.start, mediaFormat } })),
    ).toThrow(invalid);
  });

  test.each(['mp3', 'toString', ''])('%j is refused by name', (encoding) => {
    expect(() => factsOf({ media_format: { encoding, sample_rate: '8000' } })).toThrow(invalid);
  });
});

test.each([
  ['09876543210', '09876543210'],
  ['+91 98765', null],
  ['+1\r\nx-evil: 1', null],
  [undefined, null],
])('a caller %j is handed on as %j', (from, expected) => {
  expect(factsOf({ from })?.from).toBe(expected);
});

test.each([
  [{ event: 'media', stream_sid: 's', media: { payload: 'AAAA' } }, 0],
  [{ event: 'media', sequence_number: 3, media: { chunk: 2, timestamp: '10', payload: 'AAAA' } }, 3],
  [{ event: 'media', sequenceNumber: '3', media: { chunk: '2', timestamp: 10, payload: 'AAAA' } }, 3],
])('audio is read however it is counted: %j', (message, sequence) => {
  expect(stream.decodeEvent(JSON.stringify(message))).toMatchObject({ type: 'media', sequence });
});

test.each(['stream_sid', 'streamSid'])('a bot may write %s', (name) => {
  expect(stream.decodeCommand(JSON.stringify({ event: 'clear', [name]: 's' }))).toEqual({ type: 'clear' });
});

test('a stream of another account is not ours', () => {
  const owner = exotel.streamsOnly?.({ EXOTEL_ACCOUNT_SID: 'acme1' });
  const facts = factsOf({});
  expect(facts && owner?.owns(facts)).toBe(true);
  for (const accountId of ['acme', 'ACME1', ''])
    expect(facts && owner?.owns({ ...facts, accountId })).toBe(false);
});
