import { switchedOn } from '../../gateway/carriers.ts';
import type { Config } from '../../gateway/config/config.ts';
import type { Env } from '../../shared/env.ts';
import type { NumberRoute } from '../../shared/numbers.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import { takersAsked, takersOf, takersText, type Takers } from '../connect/takers.ts';
import { shownUrl, voiceUrlOf } from '../connect/webhook-urls.ts';
import { carrierErrorOf } from '../connect/carrier-error.ts';
import { hearClock, skewed } from './clock.ts';
import { failed, ok, reasonOf, skipped, type Finding } from './finding.ts';
import type { DoctorScene } from './scene.ts';

/** A number of an account that matters here: one of an agent, or one that points here. */
export interface NumberLine {
  readonly number: string;
  /** Null where no account has it. */
  readonly carrier: string | null;
  /** Who takes its calls, or is meant to. */
  readonly takers: Takers;
  /** Null: its settings are right. */
  readonly todo: string | null;
}

/** What accounts say about numbers; the last value is a line for each number. */
export async function* checkNumbers(scene: DoctorScene): AsyncGenerator<Finding, readonly NumberLine[]> {
  const { config, publicUrl } = scene;
  const lines: NumberLine[] = [];
  let isComplete = true;
  const modules = config.invented.carriers ? [] : switchedOn(config.carriers);
  if (modules.length === 0) yield skipped('numbers', 'no carrier has credentials of its own');
  for (const module of modules) {
    const check = `numbers of ${module.name}`;
    if (!module.numbers)
      yield skipped(check, `they are set in the console of ${module.name}: see docs/carriers.md`);
    else if (publicUrl === null) yield skipped(check, 'no public URL');
    else {
      const read = yield* readNumbers(module, scene);
      lines.push(...(read ?? []).flatMap((route) => lineOf(route, module, publicUrl, scene) ?? []));
      isComplete &&= read !== null;
      continue;
    }
    isComplete = false;
  }
  return [...lines, ...missing(lines, isComplete, scene)];
}

/** Null when the carrier did not tell. */
async function* readNumbers(
  module: ProviderModule,
  { config, tools }: DoctorScene,
): AsyncGenerator<Finding, readonly NumberRoute[] | null> {
  const check = `numbers of ${module.name}`;
  const clock = hearClock(tools.fetch, tools.now);
  try {
    const options = Object.fromEntries((module.options ?? []).map((name) => [name, tools.env[name]]));
    const directory = module.numbers?.({ ...config.carriers, ...options }, { fetch: clock.fetch });
    const routes = (await directory?.list()) ?? [];
    yield ok(check, `the account has ${routes.length}`);
    const skew = clock.skew();
    if (skew !== null)
      yield skewed(
        `clock of ${module.name}`,
        `the clock of ${module.name}`,
        skew,
        'set the clock of this machine by NTP',
      );
    return routes;
  } catch (error) {
    yield failed(
      check,
      carrierErrorOf(error)?.message ?? reasonOf(error),
      `check ${module.variables.join(' and ')}, and the network`,
    );
    return null;
  }
}

/** Null: the number has nothing to do with this gateway. */
function lineOf(
  route: NumberRoute,
  module: ProviderModule,
  publicUrl: string,
  { config }: DoctorScene,
): NumberLine | null {
  const { number, voice } = route;
  const { name: carrier } = module;
  const takersFor = takersOf(config, module);
  const called = ownNumbers(config).includes(number) ? takersFor(number, null) : null;
  const meant = called && 'refusal' in called ? null : called; // then it is meant for another carrier's
  const asked = voice && takersAsked(voice.url, number, { publicUrl, carrier, takersFor });
  const takers = meant ?? asked;
  if (!takers) return null;
  const fault = asked
    ? (disagreement(asked, meant) ?? unsigned(route, module, config.carriers))
    : faultOf(route, voiceUrlOf(publicUrl, carrier, null));
  const cure = `hookswitch connect ${carrier} --number ${number} --apply`;
  return { number, carrier, takers, todo: fault && `${fault}: ${cure}` };
}

/** Numbers that the configuration names. */
function ownNumbers({ organizations, routing }: Config): readonly string[] {
  const agents = organizations.flatMap((organization) => organization.agents);
  return [...new Set([...agents, ...routing.routes].flatMap(({ numbers }) => numbers))];
}

/** Between the webhook that a number asks, and who its calls are meant for. */
function disagreement(asked: Takers, meant: Takers | null): string | null {
  if ('refusal' in asked) return `the gateway refuses what it asks, ${asked.refusal}`;
  if (!meant || takersText(meant) === takersText(asked)) return null;
  return `its webhook leads to ${takersText(asked)}, not to ${takersText(meant)}`;
}

function faultOf({ voice, via }: NumberRoute, wanted: string): string {
  if (voice) return `it asks ${shownUrl(voice.url)}, not ${wanted}`;
  return via === null ? 'it points nowhere' : `${via} handles it`;
}

function unsigned({ voice }: NumberRoute, module: ProviderModule, carriers: Env): string | null {
  const signsUrl = module.configure(carriers)?.signsUrl ?? true;
  return voice?.method === 'GET' && !signsUrl
    ? `its method is GET, which ${module.name} does not sign`
    : null;
}

/** Numbers of the configuration that no account has. */
function missing(lines: readonly NumberLine[], isComplete: boolean, { config }: DoctorScene): NumberLine[] {
  const known = new Set(lines.map(({ number }) => number));
  const takersAt = (number: string): Takers => {
    const all = switchedOn(config.carriers).map((module) => takersOf(config, module)(number, null));
    return (
      all.find((takers) => !('refusal' in takers)) ?? all[0] ?? { refusal: 'no carrier has credentials' }
    );
  };
  const todo = isComplete
    ? "no account here has it: set the carrier's credentials, or take it out of the configuration"
    : 'nobody could be asked where it points: see above';
  return ownNumbers(config)
    .filter((number) => !known.has(number))
    .map((number) => ({
      number,
      carrier: null,
      takers: takersAt(number),
      todo,
    }));
}
