/** For people who write bots: Pipecat's WebSocket transports and serializers, in TypeScript. See docs/writing-a-bot.md. */
export { toAudio, toSamples } from '../shared/audio.ts';
export * from './carrier-serializer.ts';
export * from './dial-facts.ts';
export * from './frames.ts';
export * from './client-transport.ts';
export type { FrameListener } from './inbox.ts';
export type { SerializerSource, TransportParams } from './params.ts';
export { ProtobufFrameSerializer } from './protobuf-serializer.ts';
export type { FrameSerializer, Payload, Serialized, SerializerSetup } from './serializer.ts';
export * from './server-transport.ts';
export type { Closing, Session } from './session.ts';
export { TelephonyFrameSerializer } from './telephony-serializer.ts';
