import { PipecatClient } from '@pipecat-ai/client-js';
import { WavMediaManager, WebSocketTransport } from '@pipecat-ai/websocket-transport';

/** One call, one client. `onEnd` is told why it ended; the client hangs up by itself. */
export async function call(endpoint: string, onEnd: (why: string) => void): Promise<PipecatClient> {
  const mediaManager = new WavMediaManager(640, 16_000); // bytes in a message: 20 ms; Hz
  const client = new PipecatClient({
    transport: new WebSocketTransport({ mediaManager }),
    callbacks: { onError: ({ data }) => onEnd(JSON.stringify(data)) },
  });
  await client.startBotAndConnect({ endpoint });
  return client;
}
