import { describe, expect, test } from 'vitest';
import type { SessionStore } from '../../gateway/sessions/store.ts';
import { freePort } from '../helpers/bot.ts';
import { carrierOf, openingOf, ring } from '../helpers/carriers.ts';
import { connect, knock } from '../helpers/client.ts';
import { expectSample, metricsUrl, observedScene, open, readSamples, samples } from '../helpers/scrape.ts';

const FROM = '+15557360001';
const TO = '+15557360000';

const { observed, bot } = observedScene();

describe('what happens is counted:', () => {
  test('a call, from its start to its end', async () => {
    const gateway = await observed();
    expect((await samples(gateway)).get('hookswitch_live_sessions{agent="a.local"}')).toBe(0);
    const caller = await open(gateway);
    caller.socket.send('12345');
    caller.socket.send(Buffer.from([1, 2, 3]));
    await expect.poll(() => caller.messages.length).toBe(2);

    const during = await samples(gateway);
    expect(Object.fromEntries(during)).toMatchObject({
      'hookswitch_starts_total{via="start",agent="a.local",result="started"}': 1,
      'hookswitch_upgrades_total{endpoint="generic",result="opened"}': 1,
      'hookswitch_dial_duration_seconds_count{result="answered"}': 1,
      'hookswitch_first_bot_message_seconds_count{endpoint="generic"}': 1,
      'hookswitch_live_sessions{agent="a.local"}': 1,
      hookswitch_sockets: 1,
      hookswitch_draining: 0,
      hookswitch_workers: 1,
      'hookswitch_bots{agent="a.local",state="in"}': 1,
      'hookswitch_relay_messages_total{direction="caller_to_bot"}': 2,
      'hookswitch_relay_messages_total{direction="bot_to_caller"}': 2,
      'hookswitch_relay_bytes_total{direction="caller_to_bot"}': 8,
      'hookswitch_relay_bytes_total{direction="bot_to_caller"}': 8,
      'hookswitch_store_operation_duration_seconds_count{operation="issue",result="ok"}': 1,
      'hookswitch_store_operation_duration_seconds_count{operation="take",result="ok"}': 1,
    });

    caller.socket.close(1000);
    await expectSample(gateway, 'hookswitch_live_sessions{agent="a.local"}', 0);
    expect(Object.fromEntries(await samples(gateway))).toMatchObject({
      'hookswitch_calls_ended_total{agent="a.local",status="WS_CONNECTION_CLOSED",ended_by="caller"}': 1,
      'hookswitch_relay_messages_total{direction="caller_to_bot"}': 2,
      'hookswitch_relay_bytes_total{direction="bot_to_caller"}': 8,
      'hookswitch_store_operation_duration_seconds_count{operation="end",result="ok"}': 1,
      hookswitch_sockets: 0,
    });
  });

  test('webhooks, and the carrier’s call that follows', async () => {
    const gateway = await observed();
    const carrier = carrierOf('twilio', gateway.carriers);
    const stranger = carrierOf('twilio', { ...gateway.carriers, TWILIO_AUTH_TOKEN: 'f'.repeat(32) });
    const call = carrier.newCall(FROM, TO);
    const url = `${gateway.http}/webhooks/twilio`;
    const { streamUrl } = await ring(carrier, call, `${url}/a`);
    await ring(carrier, call, `${url}/a`);
    await ring(carrier, carrier.newCall(FROM, TO), `${url}/nobody`);
    await ring(stranger, stranger.newCall(FROM, TO), `${url}/a`);
    await ring(stranger, stranger.newCall(FROM, TO), `${url}/after`);
    await fetch(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
    const caller = await connect(streamUrl);
    for (const line of openingOf('twilio', carrier.newStream(call, {}))) caller.socket.send(line);
    await expect.poll(() => caller.messages.length).toBeGreaterThan(0);

    expect(Object.fromEntries(await samples(gateway))).toMatchObject({
      'hookswitch_webhooks_total{provider="twilio",result="started"}': 1,
      'hookswitch_webhooks_total{provider="twilio",result="repeated"}': 1,
      'hookswitch_webhooks_total{provider="twilio",result="declined"}': 1,
      'hookswitch_webhooks_total{provider="twilio",result="forbidden"}': 2,
      'hookswitch_webhooks_total{provider="twilio",result="malformed"}': 1,
      'hookswitch_webhooks_total{provider="plivo",result="forbidden"}': 0,
      'hookswitch_starts_total{via="webhook",agent="a.local",result="started"}': 1,
      'hookswitch_starts_total{via="webhook",agent="",result="agent_unknown"}': 1,
      'hookswitch_upgrades_total{endpoint="twilio",result="opened"}': 1,
      'hookswitch_first_bot_message_seconds_count{endpoint="twilio"}': 1,
    });
    caller.socket.close(1000);
    await caller.closed;
  });

  test('a webhook that finds no room to be remembered is declined, not repeated', async () => {
    const gateway = await observed({ limits: { maxPending: 1 } });
    const carrier = carrierOf('twilio', gateway.carriers);
    for (let count = 0; count < 2; count += 1) {
      await ring(carrier, carrier.newCall(FROM, TO), `${gateway.http}/webhooks/twilio/a`);
    }
    const found = await samples(gateway);
    expect(found.get('hookswitch_webhooks_total{provider="twilio",result="declined"}')).toBe(1);
    expect(found.get('hookswitch_webhooks_total{provider="twilio",result="repeated"}')).toBe(0);
  });

  test('refusals of every kind', async () => {
    const gateway = await observed({
      agents: {
        a: bot().url,
        few: `websocket_auth = "token"\nbots = ["${bot().url}"]\nscaling = { max_agents = 1 }`,
        down: `ws://127.0.0.1:${await freePort()}`,
      },
      limits: { maxSockets: 2 },
    });
    await gateway.start('few');
    expect((await gateway.post('few', '{}')).status).toBe(429);
    expect((await gateway.post('nobody', '{}')).status).toBe(404);
    expect((await gateway.post('a', 'not JSON')).status).toBe(400);
    await fetch(`${gateway.http}/start`, { method: 'POST', body: '{}' });

    const lost = await gateway.start('down');
    const used = await gateway.start('a');
    expect((await knock(`${lost.wsUrl}/${lost.token}`)).status).toBe(503);
    expect((await knock(`${used.wsUrl}/${used.token}`)).status).toBe(101);
    expect((await knock(`${used.wsUrl}/${used.token}`)).status).toBe(403);
    await knock(`${gateway.ws}/ws/generic/nobody.local`);
    await knock(`${gateway.ws}/ws/nowhere/a.local`);
    await knock(`${gateway.ws}/ws/generic/a.local`, { protocolVersion: 8 });
    await expectSample(gateway, 'hookswitch_sockets', 0);
    const callers = [await open(gateway), await open(gateway)];
    expect((await knock(`${used.wsUrl}/${used.token}`)).status).toBe(503);
    for (const { socket } of callers) socket.close();

    expect(Object.fromEntries(await samples(gateway))).toMatchObject({
      'hookswitch_starts_total{via="start",agent="few.local",result="at_capacity"}': 1,
      'hookswitch_starts_total{via="start",agent="",result="agent_unknown"}': 1,
      'hookswitch_starts_total{via="start",agent="",result="request_invalid"}': 1,
      'hookswitch_starts_total{via="start",agent="",result="key_unknown"}': 1,
      'hookswitch_upgrades_total{endpoint="generic",result="bot_unreachable"}': 1,
      'hookswitch_upgrades_total{endpoint="generic",result="token_refused"}': 1,
      'hookswitch_upgrades_total{endpoint="generic",result="agent_unknown"}': 1,
      'hookswitch_upgrades_total{endpoint="unknown",result="address_unknown"}': 1,
      'hookswitch_upgrades_total{endpoint="unknown",result="malformed"}': 1,
      'hookswitch_upgrades_total{endpoint="unknown",result="full"}': 1,
      'hookswitch_dial_duration_seconds_count{result="unreachable"}': 1,
      'hookswitch_store_operation_duration_seconds_count{operation="issue",result="at_capacity"}': 1,
      hookswitch_max_sockets: 2,
    });
  });

  test('the store’s failures, by operation', async () => {
    const down = (): Promise<never> => Promise.reject(new Error('no store'));
    const gateway = await observed({ store: (memory): SessionStore => ({ ...memory, ping: down }) });
    await fetch(`${gateway.http}/readyz`);
    const count = 'hookswitch_store_operation_duration_seconds_count{operation="ping",result="bug"}';
    expect((await samples(gateway)).get(count)).toBe(1);
  });

  test('a call that ends by itself while the gateway drains', async () => {
    const gateway = await observed({ drainTimeout: 60_000 });
    // The metrics are served until the second one has left.
    const callers = [await open(gateway), await open(gateway)] as const;
    const drained = gateway.drain();
    callers[0].socket.close(1000);
    await expectSample(gateway, 'hookswitch_drained_calls_total{result="finished"}', 1);
    expect((await samples(gateway)).get('hookswitch_draining')).toBe(1);
    callers[1].socket.close(1000);
    await drained;
    await expect(fetch(`${metricsUrl(gateway)}/metrics`)).rejects.toThrow('fetch failed');
  });

  test('calls that are cut when the drain time is over', async () => {
    const gateway = await observed({ drainTimeout: 20 });
    await Promise.all([open(gateway), open(gateway)]);
    await gateway.drain();
    const cut = readSamples(await gateway.scrape()).get('hookswitch_drained_calls_total{result="cut"}');
    expect(cut).toBe(2);
  });
});
