/** The gateway as a library: what `hookswitch serve` is made of. */
export { startGateway, allProviders, type Gateway, type GatewayOptions } from './app.ts';
export { readConfig, type Config, type ConfigSources } from './config/config.ts';
export { invent, type Invented } from './config/invented.ts';
export { createLog, maskSecrets, type Log } from './log.ts';
export { memoryStore } from './sessions/memory.ts';
export type { Ending, Session, SessionStore, Ticket } from './sessions/store.ts';
