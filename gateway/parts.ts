import { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answers, type MemoryAnswersOptions } from '../shared/answers.ts';
import type { Provider, StreamsOnly } from '../shared/provider.ts';
import { agentTable, type AgentTable } from './agents.ts';
import { callControls, type CallControls } from './calls/controls.ts';
import { allProviders, configured, configuredStreams } from './carriers.ts';
import type { Config } from './config/config.ts';
import type { ControlRoute } from './control/routes.ts';
import { drainOf, type Drain } from './drain.ts';
import type { RefusalBook } from './explain/book.ts';
import { explainRefusals } from './explain/explain.ts';
import type { Explainer } from './explain/explainer.ts';
import { liveCalls, type LiveCalls } from './live.ts';
import type { Log } from './log.ts';
import { observe, type Observed, type ObserveTools, type Tracing } from './observe/observe.ts';
import { observedStore } from './observe/observed-store.ts';
import type { Observer } from './observe/observer.ts';
import type { Lookup } from './pools/discovery.ts';
import { type BotPools } from './pools/pools.ts';
import { probes, type Probes } from './probe.ts';
import { sessionCredentials, type SessionCredentials } from './secrets.ts';
import type { SessionStore } from './sessions/store.ts';
import { tokenSigner, type TokenSigner } from './token.ts';
import { signersAmong, type Signers } from './upgrade-signature.ts';

export interface GatewayOptions extends ObserveTools {
  readonly config: Config;
  readonly sessions: SessionStore;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What remembers the answers to webhooks; memory of this process when not given. */
  readonly answers?: (options: MemoryAnswersOptions) => Answers;
  /** How host names of bots are looked up; as the system does it when not given. */
  readonly lookup?: Lookup;
  /** Where refusals are remembered; memory of this process when not given. */
  readonly refusals?: RefusalBook;
}

/** What one gateway is made of. */
export interface Parts extends GatewayOptions, Drain {
  readonly publicUrl: string;
  readonly agents: AgentTable;
  readonly live: LiveCalls;
  readonly pools: BotPools;
  readonly providers: readonly Provider[];
  readonly streamsOnly: ReadonlyMap<string, StreamsOnly>;
  readonly publicWsUrl: string;
  readonly signers: Signers;
  readonly explainer: Explainer;
  readonly refusalRoutes: readonly ControlRoute[];
  readonly watched: Observed;
  readonly observer: Observer;
  readonly tokens: TokenSigner;
  readonly credentials: SessionCredentials;
  readonly controls: CallControls;
  readonly probes: Probes;
}

/** Where and on what a gateway runs, before it is wired. */
interface Ground {
  readonly server: Server;
  readonly address: AddressInfo;
  readonly pools: BotPools;
  readonly tracing: Tracing | null;
}

/** Makes every part that others share. */
export function partsOf({ server, address, pools, tracing }: Ground, options: GatewayOptions): Parts {
  const { config, log, now } = options;
  const publicUrl =
    config.publicUrl ?? `http://${address.family === 'IPv6' ? '[::1]' : '127.0.0.1'}:${address.port}`;
  const agents = agentTable(config.organizations);
  const live = liveCalls();
  const drain = drainOf({ ...config, server, live, sessions: options.sessions, log });
  const tokens = tokenSigner(config.secrets, now);
  const streamsOnly = configuredStreams(config.carriers);
  const { providers, explainer, routes } = explainRefusals({
    ...options,
    publicUrl,
    agents,
    tokens,
    streamsOnly,
    providers: configured(config.carriers),
    modules: allProviders,
  });
  const carriers = providers.map(({ name }) => name);
  const watched = observe({ ...options, agents, live, carriers, pools, isLeaving: drain.isLeaving, tracing });
  const { observer } = watched;
  return {
    ...options,
    ...drain,
    publicUrl,
    publicWsUrl: publicUrl.replace(/^http/, 'ws'),
    agents,
    live,
    pools,
    providers,
    streamsOnly,
    signers: signersAmong(providers),
    explainer,
    refusalRoutes: routes,
    watched,
    observer,
    sessions: observedStore(options.sessions, observer.stored),
    tokens,
    credentials: sessionCredentials(config.secrets),
    controls: callControls(allProviders, config.carriers, (...request) => globalThis.fetch(...request)),
    probes: probes({ secrets: config.secrets, now }),
  };
}
