/** The other end of the line: what `hookswitch call` and the demo use, and what a test suite of your own can use. */
export type { CallerSource, Digit } from './caller-source.ts';
export { wallClock } from './clock.ts';
export { DEFAULT_LINGER, placeCall, type CallOptions } from './place-call.ts';
export { openDesk, RING, type Callee, type Desk, type RungOptions } from './rung-call.ts';
export { saveCall } from './save-call.ts';
export { shownUrl } from './shown-url.ts';
export { shippedSource, sourceOfRecording, sourceOfWav } from './sources.ts';
export { printEntry, printHeading, printOutcome, printReport, type Style } from './print-report.ts';
export { reportJson, type CallReport, type EntryType, type TimelineEntry, type Verdict } from './report.ts';
