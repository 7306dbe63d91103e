/** The gateway as a library: what `hookswitch serve` is made of. */
export { startGateway, type Gateway } from './app.ts';
export { allProviders } from './carriers.ts';
export type { GatewayOptions } from './parts.ts';
export { readConfig, type Config, type ConfigSources } from './config/config.ts';
export { invent, type Invented } from './config/invented.ts';
export { createLog, maskSecrets, type Log } from './log.ts';
export { memoryStore } from './sessions/memory.ts';
export type { Ending, Session, SessionStore, Ticket } from './sessions/store.ts';
