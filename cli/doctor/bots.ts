import { randomUUID } from 'node:crypto';
import { serviceHostOf, type Agent } from '../../gateway/agents.ts';
import { dialBot } from '../../gateway/dial.ts';
import { LINGER } from '../../gateway/limits.ts';
import { addressedBot, hostOf, loggedBot, staticBot, type Bot } from '../../gateway/pools/bots.ts';
import { systemLookup, type Lookup } from '../../gateway/pools/discovery.ts';
import { signDial } from '../../shared/bot-signature.ts';
import { failed, ok, reasonOf, skipped, type Finding, type Findings } from './finding.ts';
import type { DoctorScene } from './scene.ts';

/** Bots of one agent that are dialled: the others are like them. */
export const MAX_DIALLED = 20;

export function botCheckOf(serviceHost: string): string {
  return `bots of ${serviceHost}`;
}

/** Dials every bot as for a call, and hangs up at once. */
export async function* checkBots(scene: DoctorScene): Findings {
  for (const agent of scene.config.organizations.flatMap(({ agents }) => agents)) {
    if (scene.dialsBots) yield* checkAgent(agent, scene);
    else yield skipped(botCheckOf(serviceHostOf(agent)), '--no-bots');
  }
}

async function* checkAgent(agent: Agent, scene: DoctorScene): Findings {
  const check = botCheckOf(serviceHostOf(agent));
  for (const url of agent.bots) {
    if (url === 'demo:') {
      yield ok(check, 'the built-in demo bot');
      continue;
    }
    try {
      const bots = await botsBehind(url, agent, scene.tools.lookupBots ?? systemLookup);
      for (const bot of bots.slice(0, MAX_DIALLED)) yield await dialled(bot, check, scene);
      if (bots.length > MAX_DIALLED) yield skipped(check, `${bots.length - MAX_DIALLED} more addresses`);
    } catch (error) {
      yield failed(
        check,
        `${hostOf(new URL(url))} cannot be looked up: ${reasonOf(error)}`,
        'check the host name in bots, and the DNS',
      );
    }
  }
}

async function botsBehind(url: string, { pool }: Agent, lookup: Lookup): Promise<readonly Bot[]> {
  if (pool.discovery === 'static') return [staticBot(url)];
  return (await lookup(hostOf(new URL(url)))).map((address) => addressedBot(url, address));
}

async function dialled(bot: Bot, check: string, { config, tools }: DoctorScene): Promise<Finding> {
  const id = randomUUID();
  const { botSecret } = config;
  const proof =
    botSecret === null
      ? {}
      : { 'x-gateway-signature': signDial(botSecret, id, new URL(bot.named).pathname, tools.now()) };
  const target = { bot, url: bot.named, headers: { 'x-daily-session-id': id, ...proof } };
  try {
    const { leg } = await dialBot(
      { target, subprotocols: [], leaving: { hasLeft: false, onLeft: null } },
      config.limits,
    );
    leg.socket.end(GOODBYE);
    leg.discard();
    setTimeout(() => leg.socket.destroy(), LINGER).unref();
    leg.socket.unref();
    return ok(check, `${loggedBot(bot.url)} completes the handshake`);
  } catch (error) {
    return failed(
      check,
      `${loggedBot(bot.url)}: ${reasonOf(error)}`,
      'start the bot, and check bots in [[agents]]; a gateway elsewhere may reach what this machine does not',
    );
  }
}

/** A close frame with 1000, masked with zeros: RFC 6455 §5.5.1. */
const GOODBYE = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);
