/** What gateway, providers and simulator have in common, and what runs away from the gateway. */
export * from './answers.ts';
export * from './bot-signature.ts';
export * from './carrier.ts';
export * from './env.ts';
export * from './errors.ts';
export * from './http.ts';
export * from './provider.ts';
export * from './remote-webhook.ts';
export * from './start.ts';
export * from './stream.ts';
export * from './voice-webhook.ts';
export * from './xml.ts';
export { toExpress } from './runtime/express.ts';
export { toFetch } from './runtime/fetch.ts';
export { toLambda } from './runtime/lambda.ts';
export { toTwilioFunction } from './runtime/twilio-function.ts';
