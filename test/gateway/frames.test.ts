import { isUtf8 } from 'node:buffer';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FAULT, FrameWalker, PARTIAL, TEXT, WHOLE_FRAME } from '../../gateway/relay/frames.ts';
import { Utf8 } from '../../gateway/relay/utf8.ts';
import { BINARY, maskedFrame, PING, plainFrame } from '../attacks/frame.ts';

const limits = { maxMessageBytes: 1024 * 1024, maxFragments: 100 };

const messages = fc.array(
  fc.record({
    opcode: fc.constantFrom(TEXT, BINARY),
    sizes: fc.array(fc.oneof(fc.nat(300), fc.constantFrom(125, 126, 65_521, 65_535, 65_536, 70_000)), {
      minLength: 1,
      maxLength: 4,
    }),
    withPing: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

/** The frames of these messages, pings between their fragments. */
function wireOf(list: typeof messages extends fc.Arbitrary<infer T> ? T : never, masked: boolean): Buffer {
  const frame = masked ? maskedFrame : plainFrame;
  return Buffer.concat(
    list.flatMap(({ opcode, sizes, withPing }) =>
      sizes.flatMap((size, index) => [
        frame({
          opcode: index === 0 ? opcode : 0,
          payload: 'ä'.repeat(size / 2),
          fin: index === sizes.length - 1,
        }),
        ...(withPing ? [frame({ opcode: PING, payload: 'p' })] : []),
      ]),
    ),
  );
}

test('whatever frames come, and wherever they are cut, all of them are passed on, whole up to a size', () => {
  fc.assert(
    fc.property(
      messages,
      fc.boolean(),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
      (list, masked, cuts) => {
        const wire = wireOf(list, masked);
        const walker = new FrameWalker(masked, limits);
        const ends = [...cuts.map((cut) => Math.floor(cut * wire.length)), wire.length].toSorted(
          (a, b) => a - b,
        );
        let at = 0;
        for (const end of ends) {
          const arrived = Buffer.from(wire.subarray(at, end));
          const view = new DataView(arrived.buffer, arrived.byteOffset, arrived.length);
          let passed = 0;
          while (passed < arrived.length) {
            const size = walker.step(view, passed, arrived.length);
            expect(size).not.toBe(FAULT);
            if (size === PARTIAL) break;
            passed += size;
          }
          expect(arrived.length - passed).toBeLessThan(WHOLE_FRAME);
          at += passed;
        }
        expect(at).toBe(wire.length);
        expect(walker.messages).toBe(list.length);
        expect(walker.left).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

test('random bytes are walked over or refused, and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, masked) => {
      const walker = new FrameWalker(masked, limits);
      const view = new DataView(Uint8Array.from(bytes).buffer);
      for (let at = 0, size = 1; size > 0 && at < bytes.length; at += size) {
        size = walker.step(view, at, bytes.length);
        expect(at + size).toBeLessThanOrEqual(bytes.length);
      }
    }),
    { numRuns: 2000 },
  );
});

/** Text, and text with a byte of it spoilt, and bytes that like to be the borders of UTF-8. */
const texts = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  fc
    .array(
      fc.constantFrom(
        0x00,
        0x7f,
        0x80,
        0x8f,
        0x90,
        0x9f,
        0xa0,
        0xbf,
        0xc1,
        0xc2,
        0xdf,
        0xe0,
        0xed,
        0xef,
        0xf0,
        0xf4,
        0xf5,
      ),
      {
        maxLength: 6,
      },
    )
    .map((bytes) => Buffer.from(bytes)),
);

test('text is told from other bytes as by Node, however it is cut and masked', () => {
  fc.assert(
    fc.property(texts, fc.integer(), fc.nat(6), (text, mask, cut) => {
      const masked = Buffer.from(text.map((byte, index) => byte ^ ((mask >>> ((index % 4) * 8)) & 0xff)));
      const view = new DataView(masked.buffer, masked.byteOffset, masked.length);
      const middle = Math.min(cut, masked.length);
      const utf8 = new Utf8();
      const turned =
        middle % 4 === 0 ? mask : (mask >>> ((middle % 4) * 8)) | (mask << (32 - (middle % 4) * 8));
      const isText =
        utf8.accepts(view, 0, middle, mask) &&
        utf8.accepts(view, middle, masked.length, turned) &&
        utf8.isWhole;
      expect(isText).toBe(isUtf8(text));
    }),
    { numRuns: 20_000 },
  );
});
