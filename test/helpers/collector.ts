import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SpanData } from '../../gateway/observe/spans.ts';
import { printed } from './leaks.ts';

/** A span, with its attributes as a plain object. */
export interface ReceivedSpan extends Omit<SpanData, 'attributes'> {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** What an OpenTelemetry collector is to the gateway: OTLP over HTTP, JSON. */
export interface Collector {
  readonly url: string;
  readonly requests: readonly {
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
  }[];
  /** In the order they began. */
  readonly spans: () => readonly ReceivedSpan[];
  /** How it answers from now on: a status, or not at all until `release`. */
  answer: number | 'never';
  /** Answers all that wait, as it would now. */
  release(): void;
  close(): Promise<void>;
}

export async function collector(): Promise<Collector> {
  const requests: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
  const waiting: (() => void)[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      printed(body);
      requests.push({ path: request.url ?? '', headers: request.headers, body });
      const answer = (): void => {
        if (self.answer !== 'never') response.writeHead(self.answer).end('{}');
      };
      if (self.answer === 'never') waiting.push(answer);
      answer();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const self: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    spans: () => requests.flatMap(({ body }) => spansIn(body)).toSorted((a, b) => startOf(a) - startOf(b)),
    answer: 200,
    release() {
      for (const answer of waiting.splice(0)) answer();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: SpanData['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly SpanData[] }[];
  }[];
}

function spansIn(body: string): ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body) as ExportRequest;
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => {
        return { ...span, attributes: plain(span.attributes), resource: plain(resource.attributes) };
      }),
    ),
  );
}

function plain(attributes: SpanData['attributes']): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0] as unknown]));
}

function startOf({ startTimeUnixNano }: ReceivedSpan): number {
  return Number(BigInt(startTimeUnixNano) / 1000n);
}
