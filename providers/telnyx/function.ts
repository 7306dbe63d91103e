import { remoteVoiceWebhook } from '../../shared/remote-webhook.ts';
import { toLambda, type LambdaFunction } from '../../shared/runtime/lambda.ts';
import { telnyx } from './index.ts';

/** Deploy this file as an AWS Lambda with a function URL, and give that URL to Telnyx. */
export const handler: LambdaFunction = toLambda(() => remoteVoiceWebhook(telnyx, process.env));
