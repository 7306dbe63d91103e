import type { Command } from 'commander';
import type { Env } from '../shared/env.ts';
import type { CallTools } from './call.ts';

/** One command: what `hookswitch --help` says of it, and the way to the rest, which is loaded when it is named. */
export interface CommandEntry {
  readonly name: string;
  /** What follows the name, as the command itself shows it. */
  readonly usage: string;
  readonly summary: string;
  /** Loads it; the answer adds it to a program. */
  readonly load: () => Promise<(program: Command) => void>;
}

const { env, stdout, stderr } = process;
const outside = { env, fetch, now: Date.now, stdout, stderr };

/** In the order of --help. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'serve',
    usage: '[options]',
    summary: 'run the gateway',
    load: async () => (await import('./serve.ts')).addServe,
  },
  {
    name: 'call',
    usage: '[options] <provider>',
    summary: 'place a call as a carrier would, and report',
    load: loadCall,
  },
  {
    name: 'connect',
    usage: '[options] <provider>',
    summary: "point a carrier's number to this gateway, or back",
    async load() {
      const { registerConnect } = await import('./connect/command.ts');
      return (program) => registerConnect(program, outside);
    },
  },
  {
    name: 'doctor',
    usage: '[options]',
    summary: 'look at everything between a caller and a bot',
    async load() {
      const { registerDoctor } = await import('./doctor/command.ts');
      return (program) => registerDoctor(program, outside);
    },
  },
  {
    name: 'demo',
    usage: '[options]',
    summary: 'place one recorded call per carrier through a gateway with nothing configured',
    load: async () => (await import('./demo.ts')).addDemo,
  },
  {
    name: 'demo-bot',
    usage: '[options]',
    summary: 'run the echo bot alone, for gateways in other processes or on other machines',
    load: async () => (await import('./demo-bot-command.ts')).addDemoBot,
  },
  {
    name: 'check',
    usage: '[options]',
    summary: 'validate the configuration and print what it amounts to, secrets masked',
    load: async () => (await import('./check.ts')).addCheck,
  },
  {
    name: 'route',
    usage: '[options] <provider> <number>',
    summary: 'say which agent takes a call, and why',
    load: async () => (await import('./routing.ts')).addRoute,
  },
  {
    name: 'explain',
    usage: '[options] [refusal]',
    summary: 'say why a request was refused, and the one setting to change',
    load: async () => (await import('./explain.ts')).addExplain,
  },
  {
    name: 'token',
    usage: '[options] [agent]',
    summary: 'start a session on a running gateway, and print the address that opens it once',
    load: async () => (await import('./token.ts')).addToken,
  },
  {
    name: 'export',
    usage: '[options] <target>',
    summary: "write a carrier's webhook as one file for Twilio Functions, Lambda or Workers",
    load: async () => (await import('./export/command.ts')).addExport,
  },
  {
    name: 'rehearse',
    usage: '[options] <agent> <scene>',
    summary: 'tell what callers hear when something goes wrong',
    load: async () => (await import('./rehearse/command.ts')).addRehearse,
  },
];

async function loadCall(): Promise<(program: Command) => void> {
  const [{ registerCall }, state] = await Promise.all([import('./call.ts'), import('./state.ts')]);
  return (program) => registerCall(program, { env, readState, stdout, stderr });

  function readState(given: Env): ReturnType<CallTools['readState']> {
    const made = state.readState(given);
    return made && { credentials: made.carriers, streamSecret: made.streamSecret, publicKey: made.publicKey };
  }
}
