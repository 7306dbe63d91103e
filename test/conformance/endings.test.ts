import { closings } from './closings.ts';
import { conformance } from './suite.ts';
import { vanished } from './vanishings.ts';

conformance('closes and endings', [...closings, ...vanished]);
