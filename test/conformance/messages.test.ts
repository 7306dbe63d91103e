import { earlyWords } from './early.ts';
import { fragments } from './fragments.ts';
import { messages } from './messages.ts';
import { conformance } from './suite.ts';

conformance('messages and fragments', [...messages, ...fragments, ...earlyWords]);
