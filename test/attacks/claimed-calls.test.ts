import { afterAll, beforeAll, expect, test } from 'vitest';
import { callScene, names, talking, type CallScene } from '../gateway/calls-scene.ts';
import { openingOf } from '../helpers/carriers.ts';
import { connect } from '../helpers/client.ts';

let scene: CallScene;
beforeAll(async () => {
  scene = await callScene({
    sales: 'websocket_auth = "token"',
    ending: 'websocket_auth = "token"\nend_call_when_bot_leaves = true',
    open: 'websocket_auth = "none"\nend_call_when_bot_leaves = true',
  });
});
afterAll(() => scene.close());

const attempts = names.flatMap((name) =>
  (['ending', 'open'] as const).map((agent) => [name, agent] as const),
);

test.each(attempts)(
  'nobody ends a call at %s by naming it in a stream to the agent "%s"',
  async (name, agent) => {
    const victim = await talking(scene, name, 'sales');
    const { wsUrl, token } = await scene.gateway.start(agent, { transport: name });
    const dialled = scene.bot.next();
    const client = await connect(token ? `${wsUrl}/${token}` : wsUrl);
    for (const message of openingOf(name, scene.carriers[name].newStream(victim.call, {}))) {
      client.socket.send(message);
    }
    const before = scene.apis[name].requests.length;
    (await dialled).close(1000, 'bye');
    await client.closed;
    const told = 'call not ended after its bot: only its stream names it. Give call to /start';
    await expect.poll(() => scene.gateway.log.at(-1)?.msg).toBe(told);
    expect(scene.apis[name].requests.length).toBe(before);
    victim.client.socket.close();
    await victim.client.closed;
  },
);
