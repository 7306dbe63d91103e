/** Every provider we speak: one line each. This list is the registry. */
export { plivo } from './plivo/index.ts';
export { telnyx } from './telnyx/index.ts';
export { twilio } from './twilio/index.ts';
