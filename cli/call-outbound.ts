import { SIMULATED_API_PORT } from '../gateway/config/carrier-options.ts';
import type { Env } from '../shared/env.ts';
import { GatewayError } from '../shared/errors.ts';
import { parseFields } from '../shared/fields.ts';
import { sentenceOf } from '../shared/http.ts';
import type { ProviderModule } from '../shared/provider.ts';
import {
  openDesk,
  type Callee,
  type CallerSource,
  type CallReport,
  type TimelineEntry,
} from '../simulator/index.ts';
import type { CallFlags, CallPlan } from './call-options.ts';

/** Milliseconds for the gateway to reach the simulated carrier, once it was asked to call. */
const PATIENCE = 15_000;

export interface OutboundTools {
  /** Holds what the carrier checks and signs with. */
  readonly env: Env;
  readonly publicKey: string;
  readonly signal: AbortSignal;
  readonly source: CallerSource;
  readonly show: (text: string) => void;
  readonly onEvent: (entry: TimelineEntry) => void;
}

/** Options of `hookswitch call --outbound` beside those of every call. */
export interface OutboundFlags {
  readonly agent: string;
  readonly gateway: string;
  readonly apiPort: string;
  readonly callee: string;
}

/** The same, checked. Throws ERR_REQUEST_INVALID. */
function readOutbound({ agent, gateway, apiPort, callee }: OutboundFlags): {
  readonly dialUrl: string;
  readonly port: number;
  readonly callee: Callee;
} {
  if (callee !== 'answer' && callee !== 'busy' && callee !== 'no-answer') {
    throw mistake(`--callee takes answer, busy or no-answer: not "${callee}"`);
  }
  if (!URL.canParse(gateway) || !/^https?:$/.test(new URL(gateway).protocol)) {
    throw mistake(`--gateway takes an http or https URL: not "${gateway}"`);
  }
  const port = Number(apiPort);
  if (!/^\d{1,5}$/.test(apiPort) || port > 65_535) throw mistake(`--api-port takes a port: not "${apiPort}"`);
  const base = gateway.replace(/\/+$/, '');
  return { dialUrl: `${base}/v1/public/${encodeURIComponent(agent)}/dial`, port, callee };
}

/** What the flags default to. */
export const OUTBOUND_DEFAULTS: OutboundFlags = {
  agent: 'demo',
  gateway: 'http://127.0.0.1:7860',
  apiPort: String(SIMULATED_API_PORT),
  callee: 'answer',
};

/**
 * Has the gateway place a call, and plays both the carrier that it asks and whoever is rung. Null when nobody answered, as
 * was wanted. Rejects with ERR_CALL_FAILED when the gateway refuses, or asks another carrier.
 */
export async function callOut(
  provider: ProviderModule,
  plan: CallPlan,
  flags: OutboundFlags & CallFlags,
  tools: OutboundTools,
): Promise<CallReport | null> {
  const { dialUrl, port, callee } = readOutbound(flags);
  const { show, signal, source, env, onEvent } = tools;
  const step = (sentence: string): void => show(`             ${sentence}\n`);
  const desk = await openDesk({ provider, env }, port);
  try {
    const { speed, linger } = plan;
    const rung = desk.rung({ provider, env, source, speed, linger, signal, callee, onStep: step, onEvent });
    // Nobody listens while the gateway is asked, and an unheard rejection ends the process.
    rung.catch(() => {});
    const request = { provider: provider.name, from: plan.from, to: plan.to };
    const placed = await askToDial(dialUrl, request, tools, desk.variables);
    step(`the gateway answers with session ${placed}`);
    return await rung;
  } finally {
    await desk.close();
  }
}

async function askToDial(
  url: string,
  request: object,
  { publicKey }: OutboundTools,
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${publicKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(PATIENCE),
    });
    text = await response.text();
  } catch (cause) {
    const sentence = `no gateway answers at ${new URL(url).origin}: start one (npm start), or give --gateway`;
    throw new GatewayError('ERR_CALL_FAILED', sentence, { cause });
  }
  if (!response.ok) {
    const setting = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    // Then it was not ours that it asked.
    const cure = [502, 503].includes(response.status) ? `. Start the gateway with ${setting.join(' ')}` : '';
    const sentence = `the gateway answered ${response.status}: ${sentenceOf(text)}${cure}`;
    throw new GatewayError('ERR_CALL_FAILED', sentence);
  }
  return parseFields(text, 'ERR_CALL_FAILED').string('sessionId');
}

function mistake(sentence: string): GatewayError {
  return new GatewayError('ERR_REQUEST_INVALID', sentence);
}
