/** The voice webhook of an agent or a path of a route; of whichever agent the number leads to (null). */
export function voiceUrlOf(publicUrl: string, carrier: string, named: string | null): string {
  return `${publicUrl}/webhooks/${carrier}${named === null ? '' : `/${named}`}`;
}

export function statusUrlOf(publicUrl: string, carrier: string): string {
  return `${publicUrl}/webhooks/${carrier}/status`;
}

/** What a voice webhook of this gateway names behind the carrier; null for every other URL. */
export function namedIn(
  url: string,
  publicUrl: string,
  carrier: string,
): { readonly named: string | null } | null {
  const base = voiceUrlOf(publicUrl, carrier, null);
  if (url === base) return { named: null };
  const named = url.startsWith(`${base}/`) ? url.slice(base.length + 1) : '';
  return /^[a-z0-9.-]+$/.test(named) && !OTHERS.includes(named) ? { named } : null;
}

/** Webhooks beside calls. */
const OTHERS = ['after', 'status', 'stream'];

/** As it may be shown: neither user and password nor what stands in its query. */
export function shownUrl(text: string): string {
  if (!/^[a-z]+:\/\//i.test(text) || !URL.canParse(text)) return text;
  const url = new URL(text);
  const user = url.username === '' && url.password === '' ? '' : '***@';
  const query = [...url.searchParams.keys()].map((name) => `${name}=***`).join('&');
  return `${url.protocol}//${user}${url.host}${url.pathname}${query === '' ? '' : `?${query}`}`;
}
