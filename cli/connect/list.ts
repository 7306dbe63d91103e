import { MAX_NUMBERS, type NumberRoute } from '../../shared/numbers.ts';
import type { Scene } from './scene.ts';
import { takersAsked, takersText } from './takers.ts';
import { shownUrl } from './webhook-urls.ts';

/** Every number of the account, and what it points to. Returns the exit code. */
export async function listNumbers(scene: Scene): Promise<number> {
  const { carrier, directory, say, json } = scene;
  const routes = await directory.list();
  if (routes.length === 0) say(`The ${carrier.name} account has no numbers.`);
  for (const route of routes) say(`${route.number.padEnd(16)}  ${whereOf(scene, route)}`);
  if (routes.length >= MAX_NUMBERS) say(`Only the first ${MAX_NUMBERS} numbers are shown.`);
  json({
    carrier: carrier.name,
    numbers: routes.map((route) => ({
      number: route.number,
      voiceUrl: route.voice ? shownUrl(route.voice.url) : null,
      method: route.voice?.method ?? null,
      via: route.via,
      agent: agentOf(scene, route),
    })),
  });
  return 0;
}

function whereOf(scene: Scene, route: NumberRoute): string {
  const { voice, via } = route;
  if (!voice) return via === null ? 'points nowhere' : `handled by ${via}`;
  const agent = agentOf(scene, route);
  const here = agent === null ? '' : `  → this gateway, ${agent}`;
  return `${voice.method} ${shownUrl(voice.url)}${via === null ? '' : `  through ${via}`}${here}`;
}

/** Null where the number does not ask this gateway. */
function agentOf({ publicUrl, carrier, takersFor }: Scene, { voice, number }: NumberRoute): string | null {
  if (!voice || publicUrl === null) return null;
  const takers = takersAsked(voice.url, number, { publicUrl, carrier: carrier.name, takersFor });
  return takers && takersText(takers);
}
