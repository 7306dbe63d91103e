import { Command } from 'commander';
import { expect, test } from 'vitest';
import { commands } from '../../cli/commands.ts';
import { runCli } from '../helpers/cli.ts';

test.each(commands)('$name is listed as it describes itself', async ({ name, usage, summary, load }) => {
  const program = new Command();
  (await load())(program);
  const help = program.createHelp();
  expect(
    program.commands.map((command) => [help.subcommandTerm(command), help.subcommandDescription(command)]),
  ).toEqual([[`${name} ${usage}`, summary]]);
});

test('the list of commands is printed without loading any of them', async () => {
  // Node names every module that it loads.
  const { code, stderr } = await runCli(['--help'], { env: { NODE_DEBUG: 'esm' } });
  expect(code).toBe(0);
  const loaded = [...stderr.matchAll(/dist\/cli\/([a-z-]+)\.js/g)].map(([, file]) => file);
  expect(new Set(loaded)).toEqual(new Set(['main', 'commands', 'fitted']));
});

test('help of one command loads that one', async () => {
  const [asked, named] = await Promise.all([runCli(['help', 'token']), runCli(['token', '--help'])]);
  expect(asked).toEqual(named);
  expect(named.stdout).toContain('hookswitch token support --transport twilio');
});
