import { z } from 'zod';
import type { Answer } from '../../shared/answers.ts';
import type { HttpResponse } from '../../shared/http.ts';

/** From the process that has a webhook to answer. `id` is its own. */
export type AnswerRequest =
  | { readonly type: 'answer-once'; readonly id: number; readonly key: string }
  /** What it made when it was told to; null when it could not. */
  | { readonly type: 'answer-made'; readonly id: number; readonly answer: Answer | null };

/** From the process that remembers. */
export type AnswerReply =
  /** Nobody has answered that key yet, and nobody is about to. */
  | { readonly type: 'answer-make'; readonly id: number }
  /** What everybody answers; null when there is no room, or whoever made it failed. */
  | { readonly type: 'answer-is'; readonly id: number; readonly response: HttpResponse | null };

const id = z.int().nonnegative();
const Response: z.ZodType<HttpResponse> = z.strictObject({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

const Request: z.ZodType<AnswerRequest> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('answer-once'), id, key: z.string() }),
  z.strictObject({
    type: z.literal('answer-made'),
    id,
    answer: z.strictObject({ response: Response, keep: z.boolean() }).nullable(),
  }),
]);

const Reply: z.ZodType<AnswerReply> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('answer-make'), id }),
  z.strictObject({ type: z.literal('answer-is'), id, response: Response.nullable() }),
]);

/** Null for every other message. */
export function readAnswerRequest(message: unknown): AnswerRequest | null {
  return Request.safeParse(message).data ?? null;
}

/** Null for every other message. */
export function readAnswerReply(message: unknown): AnswerReply | null {
  return Reply.safeParse(message).data ?? null;
}
