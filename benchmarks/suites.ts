import type { Suite } from './harness/measure.ts';
import { billedUnits } from './suites/billed-units.ts';
import { callback } from './suites/callback.ts';
import { coldStart } from './suites/cold-start.ts';
import { commandLine } from './suites/command-line.ts';
import { concurrentDuplicates } from './suites/concurrent-duplicates.ts';
import { consolePages } from './suites/console.ts';
import { functions } from './suites/functions.ts';
import { growth } from './suites/growth.ts';
import { opening } from './suites/opening.ts';
import { policies } from './suites/policies.ts';
import { refuse } from './suites/refuse.ts';
import { verify } from './suites/verify.ts';

/** All suites, in the order in which they run. */
export const SUITES: Readonly<Record<string, Suite>> = {
  callback,
  'cold-start': coldStart,
  verify,
  refuse,
  'concurrent-duplicates': concurrentDuplicates,
  opening,
  functions,
  console: consolePages,
  'command-line': commandLine,
  policies,
  'billed-units': billedUnits,
  growth,
};
