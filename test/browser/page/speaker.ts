// Everything that goes to the loudspeaker goes here too, sample by sample.
import type { Stage } from '../stage.ts';

const source = `registerProcessor('speaker-tap', class extends AudioWorkletProcessor {
  process([[channel]]) {
    if (channel) this.port.postMessage(channel);
    return true;
  }
});`;
const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));

const blocks: Float32Array[] = [];
let rate = 0;

export function played(): ReturnType<Stage['played']> {
  return { samples: blocks.flatMap((block) => Array.from(block, (x) => Math.round(x * 32_768))), rate };
}

export function hush(): void {
  blocks.length = 0;
}

/** Puts a function in the place of a method, which it is given. */
function wrap<Name extends string>(
  prototype: Record<Name, (...given: never[]) => unknown>,
  name: Name,
  wrapper: (own: Method) => Method,
): void {
  Object.assign(prototype, { [name]: wrapper(prototype[name] as Method) });
}
type Method = (this: unknown, ...given: readonly unknown[]) => unknown;

wrap(
  AudioWorklet.prototype,
  'addModule',
  (addModule) =>
    async function both(...given) {
      await addModule.call(this, url);
      await addModule.apply(this, [...given]);
    },
);

wrap(
  AudioNode.prototype,
  'connect',
  (connect) =>
    function tapped(...given) {
      const [target] = given;
      if (this instanceof AudioNode && target instanceof AudioDestinationNode) {
        const tap = new AudioWorkletNode(this.context, 'speaker-tap', { numberOfOutputs: 0 });
        tap.port.addEventListener('message', ({ data }: MessageEvent<Float32Array>) => blocks.push(data));
        tap.port.start();
        rate = this.context.sampleRate;
        connect.call(this, tap);
      }
      return connect.apply(this, [...given]);
    },
);
