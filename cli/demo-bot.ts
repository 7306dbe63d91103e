import type { Config } from '../gateway/config/config.ts';

/** `demo:` is a bot like any other, once it runs: an ordinary WebSocket server on this machine. */
export async function withDemoBot(config: Config): Promise<{ config: Config; close: () => Promise<void> }> {
  const isWanted = config.organizations.some(({ agents }) =>
    agents.some(({ bots }) => bots.includes('demo:')),
  );
  if (!isWanted) return { config, close: async () => {} };
  const { startDemoBot } = await import('../demo/bot.ts');
  const bot = await startDemoBot();
  const organizations = config.organizations.map((organization) => ({
    ...organization,
    agents: organization.agents.map((agent) => ({
      ...agent,
      bots: agent.bots.map((url) => (url === 'demo:' ? bot.url : url)),
    })),
  }));
  return { config: { ...config, organizations }, close: () => bot.close() };
}
