/**
 * Mutation testing of the code that decides about a callback, one folder of `lambda` in each run (`FOLDER`). `npm run
 * test:mutation` measures them all. A person looks at each survivor.
 * `docs/contributing/testing.md` has the scores.
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
const folder = process.env.FOLDER ?? 'shared/callback-token';

export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts' },
  // Composition roots need a deployed function around them; the interfaces have no code.
  mutate: [
    `lambda/${folder}/**/*.ts`,
    '!lambda/**/handler.ts',
    // The proofs are measured as a folder of their own.
    ...(folder === 'functions/receive' ? ['!lambda/functions/receive/checks/proof/**'] : []),
  ],
  // Stryker rewrites a TypeScript configuration through an API that TypeScript 7 no longer has; it needs none.
  tsconfigFile: 'none.json',
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // Only an endless loop takes that long, also on a busy machine.
  timeoutMS: 120_000,
  reporters: ['clear-text', 'html', 'progress'],
  htmlReporter: { fileName: `.postern/mutation/${folder}.html` },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  tempDirName: '.postern/stryker',
};
