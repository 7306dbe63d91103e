import { describe, expect, test } from 'vitest';
import { routingLines, whoTakes } from '../../cli/routing.ts';
import { allProviders } from '../../gateway/carriers.ts';
import { readConfig } from '../../gateway/config/config.ts';
import { invent } from '../../gateway/config/invented.ts';
import { agent, NOBODYS, ROUTES, SPLIT, TWILIO_ONLY } from './routing-scene.ts';

describe('the commands', () => {
  const config = readConfig({
    toml:
      ROUTES +
      ['first', 'support', 'next'].map((name) => `[[agents]]\nagent_name = "${name}"\n${agent()}`).join(''),
    env: {},
    modules: allProviders,
    invent: () => invent(allProviders),
  });

  test('check prints all ways that calls go', () => {
    expect(routingLines(config)).toEqual([
      '+15557350002            support.local 70 %, next.local 30 %  (route canary)',
      '+15557350004 of twilio  next.local  (route route-2)',
      '+15557350003 of twilio  next.local  (route route-2)',
      '+15557350005            desk.other  (route hot)',
      '/webhooks/…/hotline     desk.other  (route hot)',
      'any other number        nobody: they get the steps of unknown_number',
    ]);
  });

  test.each([
    ['twilio', SPLIT, {}, true, `${SPLIT}: support.local 70 %, next.local 30 % (by route canary)`],
    ['twilio', SPLIT.slice(1), { callId: 'CA1' }, true, `${SPLIT}: support.local (by route canary)`],
    [
      'plivo',
      TWILIO_ONLY,
      {},
      false,
      `${TWILIO_ONLY}: nobody, the called number is nobody's: see unknown_number in the configuration`,
    ],
    ['twilio', NOBODYS, { path: 'next' }, true, `${NOBODYS}: next.local (by the path /next)`],
    [
      'telnyx',
      NOBODYS,
      { path: 'next' },
      false,
      `${NOBODYS}: nobody, the called number is not one of this agent's numbers`,
    ],
  ])('route %s %s %j: %s, %s', (name, number, options, found, text) => {
    expect(whoTakes(config, name, number, options)).toEqual({ found, text });
  });

  test.each(['acme', 'exotel'])('route %s makes no sense', (name) => {
    const refused = expect.objectContaining({ code: 'ERR_REQUEST_INVALID' }) as Error;
    expect(() => whoTakes(config, name, SPLIT, {})).toThrow(refused);
  });
});

describe('the configuration', () => {
  const route = (lines: string): string => `[[routes]]\n${lines}\n`;
  const one = 'agents = [{ agent = "a" }]';
  const agents = ['a', 'b'].map((name) => `[[agents]]\nagent_name = "${name}"\n${agent()}`).join('');
  const read = (toml: string): unknown =>
    readConfig({ toml, env: {}, modules: allProviders, invent: () => invent(allProviders) });

  test.each([
    [
      'percents that are no 100',
      'numbers = ["+15551230000"]\nagents = [{ agent = "a", percent = 95 }, { agent = "b", percent = 6 }]',
      /routes\[0\]\.agents: the percents add up to 101: make them 100/,
    ],
    [
      'a single percent',
      'numbers = ["+15551230000"]\nagents = [{ agent = "a", percent = 95 }]',
      /add up to 95/,
    ],
    [
      'a forgotten percent',
      'paths = ["x"]\nagents = [{ agent = "a", percent = 95 }, { agent = "b" }]',
      /say the percent of each agent/,
    ],
    [
      'half a percent',
      'paths = ["x"]\nagents = [{ agent = "a", percent = 99.5 }, { agent = "b", percent = 0.5 }]',
      /must be a whole number/,
    ],
    [
      'an agent that is not there',
      'paths = ["x"]\nagents = [{ agent = "c" }]',
      /routes\[0\]\.agents\[0\]\.agent: there is no agent c\.local/,
    ],
    [
      'an agent twice',
      'paths = ["x"]\nagents = [{ agent = "a", percent = 50 }, { agent = "a.local", percent = 50 }]',
      /a\.local is there twice/,
    ],
    ['no agent', 'paths = ["x"]\nagents = []', /name at least one agent/],
    ['nobody to lead', one, /routes\[0\]: leads nobody anywhere/],
    [
      'a carrier that is none',
      `paths = ["x"]\nprovider = "acme"\n${one}`,
      /"acme" is no carrier: use one of .*twilio/,
    ],
    ['a national number', `numbers = ["0555"]\n${one}`, /routes\[0\]\.numbers\[0\]: write numbers in E\.164/],
    ['the path of an agent', `paths = ["b"]\n${one}`, /b is an agent of that name already/],
    [
      'a name that is taken',
      `name = "default"\npaths = ["x"]\n${one}`,
      /must not be one of numbers, path, default/,
    ],
    [
      'a number twice',
      `numbers = ["+15551230000", "15551230000"]\n${one}`,
      /number \+15551230000 is routes\[0\]\.numbers's already/,
    ],
  ])('%s is a mistake', (_, lines, expected) => {
    expect(() => read(route(lines) + agents)).toThrow(expected);
  });

  test.each([
    ['two routes', route(`numbers = ["+15551230000"]\n${one}`).repeat(2) + agents],
    [
      'a route and an agent',
      `${route(`numbers = ["+15551230000"]\n${one}`)}${agents}numbers = ["15551230000"]`,
    ],
    [
      'two agents',
      `[[agents]]\nagent_name = "c"\n${agent('numbers = ["+15551230000"]')}\n${agents}numbers = ["15551230000"]`,
    ],
  ])('%s may not have one number', (_, toml) => {
    expect(() => read(toml)).toThrow(/number \+15551230000 is /);
  });

  test.each([
    ['"somebody"', /unknown_number: must be "default", "refuse", or a list of steps/],
    ['[{ agent = "a" }]', /unknown_number: takes no agent/],
  ])('unknown_number = %s is a mistake', (value, expected) => {
    expect(() => read(`unknown_number = ${value}\n${agents}`)).toThrow(expected);
  });

  test('a route of one carrier, and one of all, may have the same number', () => {
    const number = 'numbers = ["+15551230000"]';
    const toml = route(`${number}\n${one}`) + route(`${number}\nprovider = "plivo"\n${one}`) + agents;
    expect(() => read(toml)).not.toThrow();
  });
});
