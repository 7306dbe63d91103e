import { createHmac } from 'node:crypto';
import { sameSecret } from '../../shared/compare.ts';
import { queryOf, readForm } from '../../shared/form.ts';
import { refusal, type HttpHandler } from '../../shared/http.ts';
import type { Provider } from '../../shared/provider.ts';
import { readWebhook } from '../../shared/voice-webhook.ts';
import { loggedCall, maskNumber, type Log } from '../log.ts';
import { deriveKey, type MasterSecret } from '../secrets.ts';

/** A call and the phone it is handed to, E.164. */
export interface Transfer {
  readonly provider: string;
  readonly callId: string;
  readonly number: string;
}

/**
 * Documents that hand a call to a phone. Where it goes stands in their URL, sealed for this one call: not every carrier's
 * signature covers the URL, and whoever could write one would ring anybody at our cost.
 */
export interface Transfers {
  /** Path and query. */
  pathOf(transfer: Transfer): string;
  isSealed(seal: string, transfer: Transfer): boolean;
}

const LABEL = 'hookswitch/transfer/v1';

export function transfers(secrets: readonly MasterSecret[]): Transfers {
  const keys = secrets.map((secret) => deriveKey(secret, LABEL));
  const [first] = keys;
  if (!first) throw new TypeError('transfers need at least one secret');
  return {
    pathOf(transfer) {
      const query = new URLSearchParams({ to: transfer.number, seal: mac(first, transfer) });
      return `/webhooks/${transfer.provider}/transfer?${query.toString()}`;
    },
    isSealed: (seal, transfer) => keys.map((key) => sameSecret(mac(key, transfer), seal)).includes(true),
  };
}

function mac(key: Buffer, { provider, callId, number }: Transfer): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([provider, callId, number]))
    .digest('base64url');
}

/** /webhooks/{provider}/transfer: the document that dials, for the call it was sealed for. */
export function transferDocument(provider: Provider, sealed: Transfers, log: Log): HttpHandler {
  return async (request) => {
    const read = await readWebhook(provider, request);
    if ('refused' in read) {
      const { refused, reason } = read;
      log.warn({ provider: provider.name, status: refused.status, reason }, 'webhook refused');
      return refused;
    }
    const query = readForm(queryOf(request.url));
    const transfer = { provider: provider.name, callId: read.call.id, number: query?.get('to') ?? '' };
    if (!sealed.isSealed(query?.get('seal') ?? '', transfer)) {
      return refusal(403, '403', 'This transfer was not sealed here, or not for this call.');
    }
    const { number } = transfer;
    log.info(
      { ...loggedCall(read.call), provider: provider.name, to: maskNumber(number) },
      'call transferred',
    );
    return provider.decline([{ type: 'dial', number }]);
  };
}
