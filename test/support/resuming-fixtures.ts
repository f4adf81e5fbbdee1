import { test as base } from './fixtures.ts';
import { aResuming, type ResumingOptions } from './resuming.ts';

/** `test` with the function `resume` on the tables of the file. `world` has no options. */
export const test = base
  .extend(
    'aWorld',
    ({ store }) =>
      (options: ResumingOptions = {}) =>
        aResuming(store, options),
  )
  .extend('world', ({ aWorld }) => aWorld());
