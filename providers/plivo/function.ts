import { remoteVoiceWebhook } from '../../shared/remote-webhook.ts';
import { toLambda, type LambdaFunction } from '../../shared/runtime/lambda.ts';
import { plivo } from './index.ts';

/** Deploy this file as an AWS Lambda with a function URL, and give that URL to Plivo. */
export const handler: LambdaFunction = toLambda(() => remoteVoiceWebhook(plivo, process.env));
