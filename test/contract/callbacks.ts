import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_TOLD_TEXT, type CallEvent } from '../../shared/call-status.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import { readEvidence } from '../helpers/evidence.ts';
import { documentOf } from '../helpers/read-document.ts';

const STATUS_URL = 'https://gw.example.com/webhooks/x/status';
const STREAM_URL = 'https://gw.example.com/webhooks/x/stream?a=1&b=2';
/** A whole second: some carriers write no more. */
const AT = Date.UTC(2026, 10, 21, 12, 0, 5);
const told = { sentAt: AT, sequence: 3 };

const calls: readonly CallEvent[] = [
  { type: 'ringing', ...told },
  { type: 'answered', ...told },
  { type: 'completed', ...told, duration: 62, cause: null },
  { type: 'busy', ...told, duration: 0, cause: null },
  { type: 'no-answer', ...told, duration: 0, cause: null },
  { type: 'failed', ...told, duration: 0, cause: null },
  { type: 'canceled', ...told, duration: 0, cause: null },
];

/** What a carrier tells beside its calls. For carriers that tell nothing, there is no law. */
export function describeCallbacks(module: ProviderModule): void {
  const { env, carrierEnv, call } = readEvidence(module.name);
  const provider = module.configure(env);
  const carrier = module.carrier({ ...env, ...carrierEnv });
  if (!provider?.readStatus || !carrier) return;
  const hasStreams = provider.readStreamStatus !== undefined;
  const isForm = (provider.bodyType ?? 'form') === 'form';
  const methods = isForm ? (['POST', 'GET'] as const) : (['POST'] as const);
  const idIn = (body: string): string => (body.includes(call.id) ? call.id : encodeURIComponent(call.id));

  describe('callbacks', () => {
    function signed(event: CallEvent, method: 'GET' | 'POST' = 'POST'): HttpRequest {
      const url = 'streamId' in event ? STREAM_URL : STATUS_URL;
      const request = carrier?.status?.(call, event, { url, method }, Date.now());
      if (!request) throw new Error(`${module.name} reads callbacks that its own side cannot send`);
      return request;
    }
    const { streamId } = carrier.newStream(call, {});
    const streams: readonly CallEvent[] = hasStreams
      ? [
          { type: 'stream-started', ...told, streamId },
          { type: 'stream-stopped', ...told, streamId },
          {
            type: 'stream-error',
            ...told,
            streamId,
            code: null,
            said: 'Handshake Error',
            meaning: '',
            cure: '',
          },
        ]
      : [];
    const read = (request: HttpRequest, event: CallEvent): unknown =>
      'streamId' in event ? provider.readStreamStatus?.(request) : provider.readStatus?.(request);

    describe.each(methods)('by %s', (method) => {
      test.each([...calls, ...streams].map((event) => [event.type, event] as const))(
        '%s is signed, and read as it was told',
        async (_, event) => {
          const request = signed(event, method);
          expect(await provider.verify(request)).toEqual({ ok: true });
          expect(read(request, event)).toMatchObject({ callId: call.id, event: expectedOf(event) });
        },
      );
    });

    test('the voice webhook itself is about a call, and nothing that a stream tells', () => {
      const ring = carrier.ring(call, { url: STATUS_URL, method: 'POST' }, Date.now());
      expect(provider.readStatus?.(ring)?.callId).toBe(call.id);
      expect(provider.readStreamStatus?.(ring)?.event ?? null).toBeNull();
    });

    test.each([...calls, ...streams].map((event) => [event.type, event] as const))(
      '%s without a call, or about two, is about none',
      (_, event) => {
        const request = signed(event);
        const without = request.body.replaceAll(idIn(request.body), '');
        expect(read({ ...request, body: without }, event)).toBeNull();
        expect(read({ ...request, body: `${request.body}&${request.body}` }, event)).toBeNull();
        expect(read({ ...request, body: '' }, event)).toBeNull();
        const longer = request.body.replaceAll(idIn(request.body), `$&${'a'.repeat(300)}`);
        expect(read({ ...request, body: longer }, event)).toBeNull();
      },
    );

    test.runIf(isForm)('anything at all is read without a throw, and kept short', () => {
      const names = [
        ...new URLSearchParams(
          calls
            .concat(streams)
            .map((event) => signed(event).body)
            .join('&'),
        ).keys(),
      ];
      const value = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.constantFrom('', '__proto__', 'constructor'),
      );
      const change = fc.tuple(fc.constantFrom(...names), value);
      const property = fc.property(
        fc.constantFrom(...calls, ...streams),
        fc.array(change, { maxLength: 4 }),
        (event, changes) => {
          const request = signed(event);
          const form = new URLSearchParams(request.body);
          for (const [name, text] of changes) form.set(name, text);
          const notice = read({ ...request, body: form.toString() }, event) as {
            event: object | null;
          } | null;
          const lengths = Object.values(notice?.event ?? {}).map((text) => String(text).length);
          expect(Math.max(0, ...lengths)).toBeLessThanOrEqual(MAX_TOLD_TEXT);
        },
      );
      fc.assert(property, { numRuns: 200 });
    });

    test('the document says where to report what becomes of the stream, and only when it shall', () => {
      const url = 'wss://gw.example.com/ws/x/support.acme/eyJ2IjoxfQ.c2lnbmF0dXJl';
      const document = (streamStatusUrl?: string | null): unknown => {
        const target = {
          url,
          call,
          afterUrl: null,
          ...(streamStatusUrl !== undefined && { streamStatusUrl }),
        };
        return carrier.readDocument(documentOf(provider.connect(target).body))[0];
      };
      expect(document()).not.toHaveProperty('status');
      expect(document(null)).not.toHaveProperty('status');
      const status = { url: STREAM_URL, method: 'POST' };
      expect(document(STREAM_URL)).toMatchObject(hasStreams ? { url, status } : { url });
    });
  });
}

/** What a reader must find in the callback about an event. */
function expectedOf(event: CallEvent): object {
  const { type, sentAt, sequence } = event;
  const meaning: unknown = expect.stringMatching(/^\S.{10,}\w$/);
  const cure: unknown = expect.stringMatching(/^\S.{10,}\S$/);
  return {
    type,
    sentAt: eitherNullOr(sentAt),
    sequence: eitherNullOr(sequence),
    ...('duration' in event && { duration: event.duration }),
    ...('said' in event && { meaning, cure }),
  };
}

/** Not every carrier says it. */
function eitherNullOr(value: number | null): unknown {
  return expect.toSatisfy((said) => said === value || said === null);
}
