import { forbidden } from './forbidden.ts';
import { conformance } from './suite.ts';

conformance('what is forbidden', forbidden);
