import type { ProviderModule } from '../shared/provider.ts';

/** Where a call goes, for reports: of a carrier without a webhook, without the secret at the end of the path. */
export function shownUrl(provider: ProviderModule, url: string): string {
  if (!provider.streamsOnly) return url;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname.split('/').slice(0, 4).join('/')}`;
}
