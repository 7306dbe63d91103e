import type { CallInterface } from 'plivo/dist/resources/call.js';
import type { CallControl, CallControlOptions } from '../../shared/call-control.ts';
import type { Env } from '../../shared/env.ts';
import { withoutPlus } from '../../shared/party.ts';
import { client } from './client.ts';

/**
 * Calls over Plivo's REST interface: https://docs.plivo.com/docs/voice/api/call/make-a-call and its neighbours (read
 * 2026-11-21). That Speak, Play and DTMF are heard while a bidirectional stream runs was not verified on a live line.
 */
export function control(env: Env, options: CallControlOptions): CallControl | null {
  const load = client(env, options);
  if (!load) return null;
  return {
    async hangUp(callId) {
      await (await load()).calls.hangup(callId);
    },
    async redirect(callId, url) {
      const leg = { legs: 'aleg', alegUrl: url, alegMethod: 'POST' };
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the SDK's type asks for the other leg as well
      await (await load()).calls.transfer(callId, leg as Parameters<CallInterface['transfer']>[1]);
    },
    async sendDigits(callId, digits) {
      await (await load()).calls.sendDigits(callId, digits, { leg: 'aleg' });
    },
    async say(callId, text) {
      await (await load()).calls.speakText(callId, text, { legs: 'aleg' });
    },
    async play(callId, url) {
      await (await load()).calls.playMusic(callId, url, { legs: 'aleg' });
    },
    async place({ from, to, answerUrl, statusUrl, ringTimeout }) {
      await (
        await load()
      ).calls.create(withoutPlus(from), withoutPlus(to), answerUrl, {
        answerMethod: 'POST',
        ringUrl: statusUrl,
        ringMethod: 'POST',
        hangupUrl: statusUrl,
        hangupMethod: 'POST',
        ringTimeout,
      });
      // It answers with a request's id; the call's own comes with the first callback.
      return { callId: null };
    },
  };
}
