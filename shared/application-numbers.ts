import {
  APPLICATION,
  cannotUndo,
  differing,
  methodIn,
  type NumberDirectory,
  type NumberPlan,
  type NumberRoute,
  type NumberSettings,
  type NumberWish,
} from './numbers.ts';

/** A number that points to an application. */
export interface AppNumber {
  readonly number: string;
  readonly id: string;
  /** Id; empty when it points to none. */
  readonly application: string;
}

/** What an application says about calls. */
export interface VoiceApplication {
  readonly id: string;
  readonly name: string;
  readonly voiceUrl: string;
  readonly voiceMethod: string;
  readonly fallbackUrl: string;
  readonly statusUrl: string;
}

/** What differs between carriers whose numbers point to applications. */
export interface ApplicationApi {
  readonly carrier: string;
  /** What the console calls an application: "XML application". */
  readonly kind: string;
  readonly labels: NumberDirectory['labels'];
  numbers(): Promise<readonly AppNumber[]>;
  number(number: string): Promise<AppNumber | null>;
  /** Null for an id that is no application, but a trunk, say. */
  application(id: string): Promise<VoiceApplication | null>;
  named(name: string): Promise<VoiceApplication | null>;
  create(application: Omit<VoiceApplication, 'id'>): Promise<string>;
  update(application: VoiceApplication): Promise<void>;
  assign(number: AppNumber, application: string): Promise<void>;
}

/**
 * Numbers behind applications. An application that is not ours is never changed, because other numbers may point to it:
 * the number gets one of our own, by its name.
 */
export function applicationNumbers(api: ApplicationApi): NumberDirectory {
  const route = async (number: AppNumber, known = new Map<string, VoiceApplication | null>()) => {
    const id = number.application;
    if (id !== '' && !known.has(id)) known.set(id, await api.application(id));
    return routeOf(number, known.get(id) ?? null, api);
  };

  return {
    labels: api.labels,
    async list() {
      const known = new Map<string, VoiceApplication | null>();
      const routes: NumberRoute[] = [];
      for (const number of await api.numbers()) routes.push(await route(number, known));
      return routes;
    },
    async find(number) {
      const found = await api.number(number);
      return found && route(found);
    },
    plan: (current, wish) => plan(api, current, wish),
    async write(current, settings) {
      const before = { ...asApplication(settings), id: settings[APPLICATION] ?? '' };
      const isOurs = before.name.startsWith(OURS);
      if (before.id === '' && !isOurs) throw cannotUndo(api.carrier, current.number);
      const id = before.id === '' ? await api.create(before) : before.id;
      if (isOurs && before.id !== '') await api.update(before);
      const { number } = current;
      await api.assign({ number, id: current.id, application: current.settings[APPLICATION] ?? '' }, id);
    },
  };
}

/** How names of our applications begin. */
const OURS = 'hookswitch-';

async function plan(api: ApplicationApi, current: NumberRoute, wish: NumberWish): Promise<NumberPlan> {
  const wanted = (kept: NumberSettings): NumberSettings => ({
    ...kept,
    voiceUrl: wish.voiceUrl,
    voiceMethod: 'POST',
    fallbackUrl: wish.fallbackUrl ?? kept['fallbackUrl'] ?? '',
    statusUrl: wish.statusUrl ?? kept['statusUrl'] ?? '',
  });
  if (current.voice !== null && differing(current.settings, wanted(current.settings)).length === 0) {
    return { settings: current.settings, notes: [] };
  }
  const name = OURS + wish.name;
  const ours = await api.named(name);
  const { fallbackUrl = '', statusUrl = '' } = current.settings;
  const settings = wanted(ours ? settingsOf(ours) : { [APPLICATION]: '', name, fallbackUrl, statusUrl });
  const isChanged = ours !== null && differing(settingsOf(ours), settings).length > 0;
  const notes = [
    ...(ours ? [] : [`a new ${api.kind} is made: ${name}`]),
    ...(isChanged ? [`the ${api.kind} ${name} is changed for all its numbers`] : []),
    ...(current.via !== null && current.settings['name'] !== name ? [`${current.via} stays as it is`] : []),
  ];
  return { settings, notes };
}

function routeOf(
  { number, id, application }: AppNumber,
  found: VoiceApplication | null,
  api: ApplicationApi,
): NumberRoute {
  if (!found) {
    const via = application === '' ? null : `${application}, which is no ${api.kind},`;
    return { number, id, settings: { ...NONE, [APPLICATION]: application }, voice: null, via };
  }
  const { voiceUrl, voiceMethod, name } = found;
  const voice = voiceUrl === '' ? null : { url: voiceUrl, method: methodIn(voiceMethod) };
  return { number, id, settings: settingsOf(found), voice, via: `the ${api.kind} ${name} (${found.id})` };
}

const NONE: NumberSettings = { name: '', voiceUrl: '', voiceMethod: '', fallbackUrl: '', statusUrl: '' };

function settingsOf({ id, ...rest }: VoiceApplication): NumberSettings {
  return { [APPLICATION]: id, ...rest, voiceMethod: rest.voiceMethod.toUpperCase() };
}

function asApplication(settings: NumberSettings): Omit<VoiceApplication, 'id'> {
  const { name = '', voiceUrl = '', voiceMethod = '', fallbackUrl = '', statusUrl = '' } = settings;
  return { name, voiceUrl, voiceMethod, fallbackUrl, statusUrl };
}
