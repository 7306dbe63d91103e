import { expect } from 'vitest';
import { connect } from '../helpers/client.ts';
import type { TestGateway } from '../helpers/gateway.ts';

/** A normal call to an agent with an echoing bot works, from /start to goodbye. */
export async function expectNormalCall(gateway: TestGateway, agent: string): Promise<void> {
  const { wsUrl, token } = await gateway.start(agent);
  const caller = await connect(`${wsUrl}/${token}`);
  caller.socket.send('hello?');
  await new Promise((resolve) => caller.socket.once('message', resolve));
  expect(caller.texts()).toEqual(['hello?']);
  caller.socket.close(1000);
  expect(await caller.closed).toMatchObject({ code: 1000 });
}
