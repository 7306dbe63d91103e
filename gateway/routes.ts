import { memoryAnswers } from '../shared/answers.ts';
import { callsOver } from './calls/calls.ts';
import { providerCallbacks } from './callbacks.ts';
import { allProviders } from './carriers.ts';
import { sessionControl } from './control/control.ts';
import { livez, readyz } from './health.ts';
import { type HttpAppOptions } from './http-app.ts';
import { keyRing } from './keys.ts';
import { browserAgents } from './origins.ts';
import type { Parts } from './parts.ts';
import { router } from './routing.ts';
import { sessionBodyEndpoint } from './session-body.ts';
import { localStart } from './start.ts';
import { hopSeals } from './steps/hops.ts';
import { browserStartEndpoint, startEndpoint } from './start-endpoint.ts';
import { providerWebhooks } from './webhooks.ts';

/** Everything that is not a socket. */
export function routes(parts: Parts): HttpAppOptions {
  const { config, agents, sessions, publicUrl, watched, providers, log, answers = memoryAnswers } = parts;
  const { organizations, limits, botSecret } = config;
  const start = localStart({
    ...parts,
    providers: allProviders.map(({ name }) => name),
  });
  const organization = organizations[0]?.name ?? '';
  const seals = hopSeals(config.secrets);
  const calls = callsOver({ ...parts, organizations, secrets: config.secrets, seals });
  const routing = router(agents, config.routing, organization);
  const webhookOptions = { ...parts, router: routing, organization, start, limits, answers, seals, ...calls };
  const browsers = browserAgents(agents);
  return {
    publicUrl,
    log,
    webhooks: new Map(
      providers.map((provider) => [provider.name, providerWebhooks(provider, webhookOptions)]),
    ),
    callbacks: new Map(
      providers.map((provider) => [
        provider.name,
        providerCallbacks(provider, { ...parts, onNotice: calls.outbound.told }),
      ]),
    ),
    calls,
    start: startEndpoint({ ...parts, start, organizationOf: keyRing(organizations, 'public') }),
    browserStart: browserStartEndpoint({ ...parts, start, agentFor: browsers.agentFor }),
    preflight: browsers.preflight,
    sessionBody: sessionBodyEndpoint(sessions, parts.credentials),
    control: sessionControl({ ...parts, organizations, limits, botSecret }),
    refusals: parts.refusalRoutes,
    livez,
    readyz: readyz(sessions, parts.isLeaving, watched.lag),
    metrics: watched.metrics,
  };
}
