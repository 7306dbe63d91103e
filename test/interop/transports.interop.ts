import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { toAudio, toSamples } from '../../shared/audio.ts';
import { WebsocketClientTransport } from '../../transports/client-transport.ts';
import { ProtobufFrameSerializer } from '../../transports/protobuf-serializer.ts';
import { WebsocketServerTransport } from '../../transports/server-transport.ts';
import { freePort } from '../helpers/bot.ts';
import { bestMatch } from '../helpers/correlation.ts';
import { speech } from '../simulator/scene.ts';

/** A Python with pipecat-ai 1.14.0 in it. Nothing is compared without one. */
const python = process.env['HOOKSWITCH_PYTHON'];

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'close');
  }
});

/** Pipecat's end of the socket, and the lines it has printed. */
function start(...args: string[]): string[] {
  const script = join(import.meta.dirname, 'transports.py');
  const child = spawn(python ?? '', [script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines: string[] = [];
  child.stdout.on('data', (data: Buffer) => lines.push(...data.toString().trim().split('\n')));
  return lines;
}

describe.skipIf(python === undefined)("Pipecat's own transports, alive (HOOKSWITCH_PYTHON)", () => {
  test('its server repeats what our client says, sound and messages', async () => {
    const port = await freePort();
    const lines = start('server', `${port}`);
    await expect.poll(() => lines, { timeout: 30_000 }).toContain('ready');
    const transport = new WebsocketClientTransport({
      uri: `ws://127.0.0.1:${port}`,
      params: { serializer: new ProtobufFrameSerializer(), addWavHeader: false, audioOutPaced: true },
    });
    const session = await transport.connect();
    const said = speech(4).subarray(0, 32_000); // as 2 s at 16 kHz
    void session.send({ type: 'audio', audio: toAudio(said, 'l16'), sampleRate: 16_000, numChannels: 1 });
    void session.send({ type: 'message', message: { text: 'grüße 🦊' } });
    const heard: Uint8Array[] = [];
    let message: unknown = null;
    for await (const frame of session.frames) {
      if (frame.type === 'audio') heard.push(frame.audio);
      if (frame.type === 'message') ({ message } = frame);
      if (message !== null && Buffer.concat(heard).length >= said.length * 2 - 1280) break;
    }
    await transport.disconnect();
    expect(message).toEqual({ text: 'grüße 🦊' });
    expect(bestMatch(said, toSamples(Buffer.concat(heard), 'l16'), 1600).likeness).toBeGreaterThan(0.99);
    await expect.poll(() => lines).toContain('gone');
  }, 60_000);

  test('its client hears again what it says to our server', async () => {
    const transport = new WebsocketServerTransport({
      host: '127.0.0.1',
      port: 0,
      params: { serializer: new ProtobufFrameSerializer() },
      async onClientConnected(session) {
        for await (const frame of session.frames) {
          if (frame.type === 'audio' || frame.type === 'message') await session.send(frame);
        }
      },
    });
    await transport.start();
    const lines = start('client', transport.url);
    await expect.poll(() => lines.join('\n'), { timeout: 30_000 }).toMatch(/heard \d+ \d+ grüße/);
    await transport.stop();
    await expect.poll(() => lines, { timeout: 10_000 }).toContain('gone');
    const [, samples, loudness] = /heard (\d+) (\d+)/.exec(lines.join('\n')) ?? [];
    expect(Number(samples)).toBeGreaterThan(15_000);
    expect(Number(loudness)).toBeGreaterThan(5000);
    expect(Number(loudness)).toBeLessThan(6000); // 8000 / √2
  }, 60_000);
});
