import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toSamples } from '../../shared/audio.ts';
import { file_frames } from '../../transports/frames_pb.ts';
import {
  fromPlain,
  messageOf,
  plainMessage,
  serializerOf,
  toPlain,
  type PlainFrame,
  type PlainMessage,
  type Vectors,
} from './plain-frames.ts';

const root = join(import.meta.dirname, '../..');
const vectors = JSON.parse(readFileSync(join(root, 'test/vectors/pipecat-frames.json'), 'utf8')) as Vectors;

const nameOf = (frame: PlainFrame): string => JSON.stringify(frame).slice(0, 60);

/** Frames whose content is JSON text: Python and JavaScript write other spaces. */
const isMessage = (frame: PlainFrame): boolean => String(frame['type']).endsWith('message');

describe('what Pipecat 1.14.0 wrote in Protobuf', () => {
  test.each(vectors.protobuf.map((vector) => [nameOf(vector.frame), vector] as const))(
    'is read: %s',
    async (_, { frame, ...message }) => {
      const read = await serializerOf('protobuf').deserialize(messageOf(message));
      const type = isMessage(frame) ? 'message' : frame['type'];
      expect(toPlain(read)).toEqual({ ...frame, type });
    },
  );

  const others = vectors.protobuf.filter(({ frame }) => !isMessage(frame));
  test.each(others.map((vector) => [nameOf(vector.frame), vector] as const))(
    'is written byte for byte: %s',
    async (_, { frame, ...message }) => {
      expect(plainMessage(await serializerOf('protobuf').serialize(fromPlain(frame)))).toEqual(message);
    },
  );
});

describe("what Pipecat 1.14.0 and its carriers' serializers make of it", () => {
  const { carriers } = vectors;
  const rows = carriers.map(
    (row) => [row.serializer, nameOf('frame' in row.given ? row.given.frame : row.given), row] as const,
  );

  test.each(rows.filter(([, , { given }]) => 'text' in given))(
    '%s reads the same: %s',
    async (name, _, row) => {
      if (!('text' in row.given) || !('frame' in row.got)) throw new Error('no such row');
      const { id, name: label, ...frame } = row.got.frame ?? {}; // Pipecat's own counts
      expect([typeof id, typeof label]).toContain(frame['type'] === 'dtmf' ? 'undefined' : 'string');
      expect(toPlain(await serializerOf(name).deserialize(row.given.text))).toEqual(frame);
    },
  );

  const written = rows.flatMap(([name, about, { given, got }]) =>
    'frame' in given && !('frame' in got) ? [[name, about, given.frame, got] as const] : [],
  );
  /** The message as JSON, without its sound, and the sound as samples. */
  function apart(name: string, message: PlainMessage): { rest: unknown; sound: Int16Array } {
    if (!('text' in message)) return { rest: message, sound: new Int16Array(0) };
    const { media, streamId, ...rest } = JSON.parse(message.text) as Readonly<
      Record<string, { payload: string } | undefined>
    >;
    const { payload = '', ...format } = media ?? {};
    const encoding = name === 'telnyx-pcma' ? 'alaw' : 'mulaw';
    const sound = toSamples(Buffer.from(payload, 'base64'), encoding);
    // Plivo does not ask for its id beside sound; there, Python alone writes it.
    return { rest: { ...rest, format, ...(media ? {} : { streamId }) }, sound };
  }

  test.each(written)('%s writes the same: %s', async (name, _, frame, got) => {
    const ours = apart(name, plainMessage(await serializerOf(name).serialize(fromPlain(frame))));
    const theirs = apart(name, got);
    expect(ours.rest).toEqual(theirs.rest);
    expect(ours.sound.length).toBe(theirs.sound.length);
    // Python rounds a few negative samples to the neighbouring code: never further than one step of G.711.
    const differing = [...ours.sound.entries()].filter(([index, sample]) => sample !== theirs.sound[index]);
    const far = differing.filter(([index, sample]) => {
      const other = theirs.sound[index] ?? 0;
      return Math.abs(sample - other) > (Math.max(Math.abs(sample), Math.abs(other), 124) + 132) / 16;
    });
    expect(far).toEqual([]);
    expect(differing.length).toBeLessThanOrEqual(ours.sound.length / 50);
  });
});

test('the generated code has the fields of frames.proto', () => {
  const proto = readFileSync(join(root, 'transports/frames.proto'), 'utf8');
  const fields = [...proto.matchAll(/^message (\w+) \{([^]*?)^\}/gm)].flatMap(([, message, body = '']) =>
    [...body.matchAll(/^\s+(optional )?(\w+) (\w+) = (\d+);/gm)].map(
      ([, optional = '', type, name, number]) => `${message}.${name}: ${optional}${type} = ${number}`,
    ),
  );
  const scalars: Readonly<Record<number, string>> = { 4: 'uint64', 9: 'string', 12: 'bytes', 13: 'uint32' };
  const generated = file_frames.messages.flatMap((message) =>
    message.fields.map((field) => {
      const type = field.fieldKind === 'message' ? field.message.name : scalars[field.scalar ?? 0];
      const optional = field.proto.proto3Optional ? 'optional ' : '';
      return `${message.name}.${field.name}: ${optional}${type} = ${field.number}`;
    }),
  );
  expect(fields).toHaveLength(22);
  expect(generated).toEqual(fields);
});
