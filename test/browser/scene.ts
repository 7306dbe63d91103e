import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { writeWav } from '../../simulator/wav.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { secret } from '../helpers/leaks.ts';
import { protobufBot, twilioBot, type SpeakingBot } from './bots.ts';
import { launchChromium } from './chromium.ts';
import { bundlePage, openSite, type Site } from './site.ts';
import type { Stage } from './stage.ts';
import { atRate, botSays, SPEAKER_RATE, visitorSays } from './sound.ts';

/** A browser, a site whose pages may call, one whose pages may not, and a gateway with two agents: "page" and "phone". */
export interface Scene {
  readonly site: Site;
  readonly stranger: Site;
  readonly gateway: TestGateway;
  readonly bot: SpeakingBot;
  readonly phoneBot: SpeakingBot;
  /** A fresh page of a site. */
  open(site: Site): Promise<RemoteStage>;
  close(): Promise<void>;
}

export interface RemoteStage {
  readonly page: Page;
  /** Hosts beyond this machine that the page asked for. Nothing gets there. */
  readonly asked: readonly string[];
  ask<Name extends keyof Stage>(
    name: Name,
    ...given: Parameters<Stage[Name]>
  ): Promise<Awaited<ReturnType<Stage[Name]>>>;
}

export async function openScene(): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-browser-'));
  const microphone = join(folder, 'microphone.wav');
  writeFileSync(microphone, writeWav(visitorSays));
  const [bot, phoneBot] = [
    await protobufBot(await atRate(botSays, 8000, SPEAKER_RATE), SPEAKER_RATE),
    await twilioBot(),
  ];
  const script = await bundlePage();
  const [site, stranger] = [
    await openSite(script, () => gateway.http),
    await openSite(script, () => gateway.http),
  ];
  const agent = ({ url }: SpeakingBot): string =>
    `websocket_auth = "token"\nbots = ["${url}"]\nallowed_origins = ["${site.origin}"]`;
  const gateway = await testGateway({ agents: { page: agent(bot), phone: agent(phoneBot) } });
  const browser = await launchChromium(microphone);
  return {
    site,
    stranger,
    gateway,
    bot,
    phoneBot,
    open: (at) => openPage(browser, at),
    async close() {
      await browser.close();
      await gateway.close();
      await Promise.all([bot, phoneBot, site, stranger].map((each) => each.close()));
      rmSync(folder, { recursive: true });
    },
  };
}

async function openPage(browser: Browser, { origin }: Site): Promise<RemoteStage> {
  const asked: string[] = [];
  const page = await browser.newPage();
  await page.route(
    ({ hostname }) => hostname !== '127.0.0.1',
    (route) => {
      asked.push(new URL(route.request().url()).hostname);
      return route.abort();
    },
  );
  page.on('response', (response) => {
    if (response.url().endsWith('/api/start')) void response.text().then(keepSecret, () => {});
  });
  await page.goto(origin);
  await page.click('button'); // audio plays once somebody has touched the page
  return {
    page,
    asked,
    ask: async (name, ...given) =>
      page.evaluate(
        ([method, values]) => {
          const { stage } = globalThis as unknown as {
            stage: Record<string, (...all: unknown[]) => unknown>;
          };
          return stage[method]?.(...values);
        },
        [name, given] as [string, unknown[]],
      ) as Promise<never>,
  };
}

/** The token in an answer of /api/start must not be printed by anybody. */
function keepSecret(answer: string): void {
  const [token] = /[\w-]{60,}\.[\w-]{43}/.exec(answer) ?? [];
  if (token !== undefined) secret(token);
}
