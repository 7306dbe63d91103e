import type { Telnyx } from 'telnyx';
import type { CallControl, CallControlOptions } from '../../shared/call-control.ts';
import type { Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';
import { client } from './client.ts';

/** The voice that Telnyx's own TeXML uses when none is named cannot be asked for over REST; this one always exists. */
const VOICE = 'AWS.Polly.Joanna';

const NO_ACCOUNT = 'set TELNYX_ACCOUNT_SID: the id of your Telnyx account, AccountSid in its webhooks';
const NO_APPLICATION = 'set TELNYX_ACCOUNT_SID and TELNYX_APPLICATION_ID, the id of a TeXML application';

/**
 * Calls over Telnyx's REST interface: Call Control commands, whose call_control_id is the CallSid of TeXML, and TeXML
 * REST where a document is given. That speak, play and DTMF work on a call that TeXML streams was not verified on a live line.
 *
 * @see https://developers.telnyx.com/api-reference/texml-rest-commands/initiate-an-outbound-call (read 2026-11-21)
 */
export function control(env: Env, options: CallControlOptions): CallControl | null {
  const load = client(env, options);
  if (!load) return null;
  const account = env['TELNYX_ACCOUNT_SID'] || null;
  const application = env['TELNYX_APPLICATION_ID'] || null;

  async function ask<T>(what: (telnyx: Telnyx) => Promise<T>): Promise<T> {
    try {
      return await what(await load!());
    } catch (error) {
      throw error instanceof Error && error.cause instanceof GatewayError ? error.cause : error;
    }
  }

  return {
    hangUp: (callId) => ask(async ({ calls }) => void (await calls.actions.hangup(callId, {}))),
    sendDigits: (callId, digits) =>
      ask(async ({ calls }) => void (await calls.actions.sendDtmf(callId, { digits }))),
    say: (callId, payload) =>
      ask(async ({ calls }) => void (await calls.actions.speak(callId, { payload, voice: VOICE }))),
    play: (callId, url) =>
      ask(async ({ calls }) => void (await calls.actions.startPlayback(callId, { audio_url: url }))),
    ...(account === null
      ? {}
      : {
          redirect: (callId: string, url: string) =>
            ask(async ({ texml }) => {
              await texml.accounts.calls.update(callId, { account_sid: account, Url: url, Method: 'POST' });
            }),
        }),
    ...(account === null || application === null ? {} : { place: placeOver(ask, account, application) }),
    lacks: { redirect: NO_ACCOUNT, place: NO_APPLICATION },
  };
}

function placeOver(
  ask: <T>(what: (telnyx: Telnyx) => Promise<T>) => Promise<T>,
  account: string,
  application: string,
): NonNullable<CallControl['place']> {
  return ({ from, to, answerUrl, statusUrl, ringTimeout }) =>
    ask(async ({ texml }) => {
      const placed: object = await texml.accounts.calls.calls(account, {
        body: {
          ApplicationSid: application,
          From: from,
          To: to,
          Url: answerUrl,
          UrlMethod: 'POST',
          StatusCallback: statusUrl,
          StatusCallbackMethod: 'POST',
          StatusCallbackEvent: 'initiated ringing answered completed',
          Timeout: ringTimeout,
        },
      });
      // Not in its OpenAPI description, but its sibling /texml/calls/{id} documents it.
      const callId = 'call_sid' in placed ? placed.call_sid : null;
      return { callId: typeof callId === 'string' ? callId : null };
    });
}
