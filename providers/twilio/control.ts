import type { CallControl, CallControlOptions } from '../../shared/call-control.ts';
import type { Env } from '../../shared/env.ts';
import { client } from './client.ts';

/** What cannot be done without replacing the document that streams, which would take the caller from the bot. */
const REPLACES = 'on Twilio that would replace the document that streams, and take the caller from the bot:';

/** Calls over Twilio's REST interface: https://www.twilio.com/docs/voice/api/call-resource (read 2026-11-21). */
export function control(env: Env, options: CallControlOptions): CallControl | null {
  const load = client(env, options);
  if (!load) return null;
  return {
    async hangUp(callId) {
      await (await load()).calls(callId).update({ status: 'completed' });
    },
    async redirect(callId, url) {
      await (await load()).calls(callId).update({ url, method: 'POST' });
    },
    async place({ from, to, answerUrl, statusUrl, ringTimeout }) {
      const { sid } = await (
        await load()
      ).calls.create({
        from,
        to,
        url: answerUrl,
        method: 'POST',
        statusCallback: statusUrl,
        statusCallbackMethod: 'POST',
        statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
        timeout: ringTimeout,
      });
      return { callId: sid };
    },
    lacks: {
      sendDigits: `${REPLACES} let the bot send the tones as audio`,
      say: `${REPLACES} let the bot say it`,
      play: `${REPLACES} let the bot send the audio`,
    },
  };
}
