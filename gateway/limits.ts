/** Every limit of the gateway, with its unit, its default and its reason. A test holds each at its edge. */
export interface Limits {
  /** Bytes of one message, either direction. 16 MiB: sixty times what a carrier sends; above it is no call. Close 1009. */
  readonly maxMessageBytes: number;
  /** Fragments of one message. An endless message of one-byte fragments costs memory per fragment. Close 1008. */
  readonly maxFragments: number;
  /** Milliseconds a reader may need for what waits for it, 64 KiB at most, before its leg is closed with 1008. */
  readonly stallTimeout: number;
  /** Milliseconds a bot has to complete its handshake; the caller hears silence meanwhile. */
  readonly dialTimeout: number;
  /** Milliseconds a carrier has, after the upgrade, to say who is calling. */
  readonly openingTimeout: number;
  /** Milliseconds between pings. A peer that is silent from one to the next but one, 60 s at most, has vanished. */
  readonly pingInterval: number;
  /** Milliseconds a peer has to finish the closing handshake before its socket is destroyed. */
  readonly closeTimeout: number;
  /** Milliseconds a bot has to answer a whole request of the Session API; above it 504. What lasts longer is no request. */
  readonly proxyTimeout: number;
  /** Sockets open or being opened at once. Above it 503: better one caller refused than all out of descriptors. */
  readonly maxSockets: number;
  /** Sessions started and not yet opened. Above it 503; nothing pending is ever pushed out. */
  readonly maxPending: number;
  /** Bytes of request bodies held for pending and live sessions. Above it 503. */
  readonly maxPendingBytes: number;
  /** Ended sessions remembered, to be listed and to tell carriers what comes next. The oldest goes first. */
  readonly maxHistory: number;
}

const MIB = 1024 * 1024;

export const defaultLimits: Limits = {
  maxMessageBytes: 16 * MIB,
  maxFragments: 4096,
  stallTimeout: 15_000,
  dialTimeout: 5000,
  openingTimeout: 10_000,
  pingInterval: 20_000,
  closeTimeout: 5000,
  proxyTimeout: 30_000,
  maxSockets: 10_000,
  maxPending: 100_000,
  maxPendingBytes: 256 * MIB,
  maxHistory: 10_000,
};

/** Bytes kept of what a caller says before its bot is there: seconds of telephone audio. Then the caller waits. */
export const MAX_EARLY_BYTES: number = 64 * 1024;
/** The same while a caller waits for a bot that is free or starting: forty seconds of telephone audio. */
export const MAX_WAITING_BYTES: number = 512 * 1024;
/** Milliseconds from one look for a free bot to the next, for each call that waits: callers notice nothing shorter. */
export const WAIT_STEP = 250;
/** Milliseconds after which a call begins no other dial, beyond its agent's `pool.wait`: hardly anybody still listens. */
export const DIAL_PATIENCE = 60_000;
/** Milliseconds a bot is left alone after its first failure; twice that after each further one, up to the second. */
export const MIN_BACKOFF = 1000;
export const MAX_BACKOFF = 30_000;
/** Milliseconds a bot has to answer a health check: one that needs longer would keep a caller waiting too. */
export const HEALTH_TIMEOUT = 2000;
/** Milliseconds from one lookup of bots' host names to the next: DNS servers keep their answers as long, or longer. */
export const DISCOVERY_INTERVAL = 5000;
/** Milliseconds a lookup may need before it counts as failed, and before a gateway starts without it. */
export const LOOKUP_TIMEOUT = 2000;
/** Bots that are discovered for one agent. Each call names all of them to the session store. */
export const MAX_DISCOVERED = 1000;
/** Pings and pongs from one side in one `pingInterval`: fifty a second; a flood only costs whoever answers. Close 1008. */
export const MAX_CONTROLS = 1000;
/** Events kept of one session: a call has about eight; a carrier that repeats itself fills no memory. The last stay. */
export const MAX_CALL_EVENTS = 50;
/** Bytes of `body`, as JSON text. */
export const MAX_BODY_BYTES: number = MIB;
/** Bytes of a whole /start request: the body and room for what stands around it. */
export const MAX_START_BYTES: number = MIB + 64 * 1024;
/** Bytes of a request that is passed on to a bot: as much as a session's body. Above it 413, and no bot is asked. */
export const MAX_PROXY_BYTES: number = MIB;
/** Levels of nesting in a /start request: deeper JSON overflows the stack of whoever walks it. */
export const MAX_JSON_DEPTH = 64;
/** Bytes of a webhook. Twilio's is under 2 KB. */
export const MAX_WEBHOOK_BYTES: number = 64 * 1024;
/** Bytes of JSON that travel in a URL as `?body=`, to the gateway and to the bot. */
export const MAX_QUERY_BODY_BYTES = 4096;
/** Characters of a request target: 4 KB of JSON in base64, percent-encoded, and a path. Above it 414. */
export const MAX_URL_CHARACTERS: number = 8 * 1024;
/** Bytes of a header block, and how many headers. */
export const MAX_HEADER_BYTES: number = 16 * 1024;
export const MAX_HEADERS = 100;
/** Milliseconds for the headers, and for the whole of a request: slower is an attack or a dead line. */
export const REQUEST_TIMEOUT = 10_000;
/** Milliseconds a refused peer has to read the refusal and hang up; then its connection is destroyed. */
export const LINGER = 1000;
/** Milliseconds that the clocks of replicas may differ. */
export const CLOCK_SKEW = 2000;
/** Seconds a client should wait before it asks a refusing gateway again. */
export const RETRY_AFTER = 1;
/** Agents that a call is handed on to, one after the other: whoever was handed on so often hears the apology. */
export const MAX_HOPS = 3;
