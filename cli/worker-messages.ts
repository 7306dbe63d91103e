import { z } from 'zod';
import type { Gateway } from '../gateway/app.ts';
import type { Config } from '../gateway/config/config.ts';
import { readHandedConfig } from '../gateway/config/handed-over.ts';

/** What the supervisor tells a worker, beside the answers of the session store. */
export type Order =
  | { readonly type: 'start'; readonly worker: number; readonly config: Config }
  /** As Gateway.drain: a second one ends the calls. */
  | { readonly type: 'drain' };

/** What a worker reports, beside its questions to the session store. */
export type Report =
  /** Waits for its configuration. */
  | { readonly type: 'ready' }
  | ({ readonly type: 'listening' } & Listening)
  /** Cannot listen, and why. It exits. */
  | { readonly type: 'failed'; readonly message: string }
  /** A bug: it takes no more calls, finishes those it has, and exits. */
  | { readonly type: 'failing' };

export type Listening = Pick<Gateway, 'publicUrl' | 'address' | 'providers'>;

const OrderData = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('start'), worker: z.int().positive(), config: z.unknown() }),
  z.strictObject({ type: z.literal('drain') }),
]);

const ReportData: z.ZodType<Report> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({
    type: z.literal('listening'),
    publicUrl: z.string(),
    address: z.object({ address: z.string(), family: z.string(), port: z.int() }),
    providers: z.array(z.string()),
  }),
  z.strictObject({ type: z.literal('failed'), message: z.string() }),
  z.strictObject({ type: z.literal('failing') }),
]);

/** Null for every other message. Throws when the configuration in it is none. */
export function readOrder(message: unknown): Order | null {
  const { data: order } = OrderData.safeParse(message);
  if (order?.type !== 'start') return order ?? null;
  return { ...order, config: readHandedConfig(order.config) };
}

/** Null for every other message. */
export function readReport(message: unknown): Report | null {
  return ReportData.safeParse(message).data ?? null;
}
