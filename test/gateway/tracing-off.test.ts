import { expect, test, vi } from 'vitest';
import { testBot } from '../helpers/bot.ts';
import { connect } from '../helpers/client.ts';
import { testGateway } from '../helpers/gateway.ts';

// Whoever does not trace does not load what traces either.
vi.mock('../../gateway/observe/tracing.ts', () => {
  throw new Error('tracing was loaded');
});

test.each([{}, { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }])(
  'with %j nobody traces: nothing is loaded, kept, or told to the bot',
  async (env) => {
    const bot = await testBot();
    const gateway = await testGateway({ agents: { a: bot.url }, env });
    const { wsUrl, token, sessionId } = await gateway.start('a');
    const caller = await connect(`${wsUrl}/${token}`, {
      headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    });
    expect(bot.dials[0]?.headers).not.toHaveProperty('traceparent');
    expect(await gateway.store.read(sessionId)).not.toHaveProperty('trace');
    caller.socket.close(1000);
    await caller.closed;
    await gateway.close();
    await bot.close();
  },
);

test('and with an endpoint it is loaded', async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
  await expect(testGateway({ agents: { a: 'ws://127.0.0.1:1' }, env })).rejects.toThrow('mocking a module');
});
