/** Every provider we speak: one line each. This list is the registry. */
export { exotel } from './exotel/index.ts';
export { jambonz } from './jambonz/index.ts';
export { genesys } from './genesys/index.ts';
export { plivo } from './plivo/index.ts';
export { signalwire } from './signalwire/index.ts';
export { telnyx } from './telnyx/index.ts';
export { twilio } from './twilio/index.ts';
export { vobiz } from './vobiz/index.ts';
export { vonage } from './vonage/index.ts';
