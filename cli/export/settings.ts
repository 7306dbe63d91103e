import { NAME } from '../../gateway/agents.ts';
import type { Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';
import { readRemoteSettings } from '../../shared/remote-settings.ts';

/** Options of `hookswitch export` that become settings in the file. None of them is a secret. */
export interface SettingFlags {
  readonly agent?: string;
  readonly startUrl: string;
  readonly startApi?: string;
  readonly number?: readonly string[];
  readonly websocketAuth?: string;
  readonly say?: string;
  readonly play?: string;
  readonly dial?: string;
  readonly redirect?: string;
  readonly callbacks?: string;
  readonly publicUrl?: string;
}

export type Settings = Readonly<Record<string, string>>;

/** What the option is called in the file. */
const options: Readonly<Record<string, string>> = {
  HOOKSWITCH_START_URL: '--start-url',
  HOOKSWITCH_START_API: '--start-api',
  HOOKSWITCH_AGENT: '--agent',
  HOOKSWITCH_NUMBERS: '--number',
  HOOKSWITCH_WEBSOCKET_AUTH: '--websocket-auth',
  HOOKSWITCH_FALLBACK: '--say',
  HOOKSWITCH_FALLBACK_PLAY: '--play',
  HOOKSWITCH_FALLBACK_DIAL: '--dial',
  HOOKSWITCH_FALLBACK_REDIRECT: '--redirect',
  HOOKSWITCH_CALLBACKS_URL: '--callbacks',
  PUBLIC_URL: '--public-url',
};

/** The variables of a handler, as far as they were given; checked as the handler will. Throws ERR_REQUEST_INVALID. */
export function readSettings(flags: SettingFlags): Settings {
  const settings = given({
    ...readStart(flags),
    HOOKSWITCH_START_API: flags.startApi,
    HOOKSWITCH_NUMBERS: flags.number?.join(','),
    HOOKSWITCH_WEBSOCKET_AUTH: flags.websocketAuth,
    HOOKSWITCH_FALLBACK: flags.say,
    HOOKSWITCH_FALLBACK_PLAY: flags.play,
    HOOKSWITCH_FALLBACK_DIAL: flags.dial,
    HOOKSWITCH_FALLBACK_REDIRECT: flags.redirect,
    HOOKSWITCH_CALLBACKS_URL: flags.callbacks,
    PUBLIC_URL: flags.publicUrl,
  });
  check(settings);
  return settings;
}

/** The whole URL of /start, and the agent, where either may come from the other. */
function readStart(flags: SettingFlags): Env {
  if (!URL.canParse(flags.startUrl)) throw mistake('--start-url must be an https URL');
  const url = new URL(flags.startUrl);
  const named = /^\/v1\/public\/([^/]+)\/start\/?$/.exec(url.pathname)?.[1];
  const agent = flags.agent ?? named;
  if (agent !== undefined && !new RegExp(`^${NAME}$`).test(agent)) {
    throw mistake('--agent must be 1 to 63 of a-z, 0-9 and "-", and so must the one in --start-url');
  }
  if (named !== undefined && named !== agent) {
    throw mistake(
      `--agent is "${agent}", but --start-url starts "${named}": leave --agent out, or change one`,
    );
  }
  if (url.pathname === '/') {
    if (agent === undefined) throw mistake('--start-url names no agent: add --agent');
    url.pathname = `/v1/public/${agent}/start`;
  }
  return { HOOKSWITCH_START_URL: url.href, HOOKSWITCH_AGENT: agent };
}

function given(settings: Env): Settings {
  return Object.fromEntries(
    Object.entries(settings).filter(
      (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
    ),
  );
}

function check(settings: Settings): void {
  try {
    readRemoteSettings({ ...settings, HOOKSWITCH_PUBLIC_KEY: 'pk_' });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    throw mistake(
      error.message.replace(/\b(?:HOOKSWITCH_[A-Z_]+|PUBLIC_URL)\b/g, (name) => options[name] ?? name),
    );
  }
}

function mistake(sentence: string): GatewayError {
  return new GatewayError('ERR_REQUEST_INVALID', sentence);
}
