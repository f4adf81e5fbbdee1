import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect } from 'vitest';
import { InvalidEnvironment, UnknownEnvironment } from '../../../lib/config/errors.ts';
import { loadEnvironments } from '../../../lib/config/load.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { test as base } from '../../support/unit-fixtures.ts';

const fileWith = (overrides: Parameters<typeof anAwsEnvironment>[0]): string =>
  `export default ${JSON.stringify(anAwsEnvironment(overrides))};`;
const GOOD = fileWith({ domain: 'callbacks.example.com' });

const everything = () => undefined;
const only = (name: string) => (key: string) => (key === 'postern:environment' ? name : undefined);

const it = base
  /** A folder of environment files, by their names. */
  .extend('filesOf', ({ folder }) => (files: Readonly<Record<string, string>>): URL => {
    const place = mkdtempSync(join(folder, 'files-'));
    for (const [name, source] of Object.entries(files)) writeFileSync(join(place, `${name}.ts`), source);
    return pathToFileURL(`${place}/`);
  });

describe('the files of environments', () => {
  it('are each an environment of their name', async ({ filesOf }) => {
    const files = filesOf({ dev: fileWith({ domain: 'callbacks.dev.example.com' }), prod: GOOD });
    const environments = await loadEnvironments(everything, files);
    expect(environments.map(({ name, host }) => [name, host])).toEqual([
      ['dev', 'callbacks.dev.example.com'],
      ['prod', 'callbacks.example.com'],
    ]);
  });

  it('may each be read alone: a mistake in another file stops nobody then', async ({ filesOf }) => {
    const files = filesOf({ broken: 'throw new Error("never read");', prod: GOOD, wrong: fileWith({ account: '1' }) });
    const environments = await loadEnvironments(only('prod'), files);
    expect(environments.map(({ name }) => name)).toEqual(['prod']);
  });

  it('that are all wrong are all reported, each under its own name', async ({ filesOf }) => {
    const files = filesOf({ dev: fileWith({ account: '1' }), prod: GOOD, staging: fileWith({ minimumGrade: 'E' }) });
    await expect(loadEnvironments(everything, files)).rejects.toThrow(
      'The environment "dev" (environments/dev.ts) cannot be built:\n' +
        '  account is "1"; expected an account id: 12 digits, in quotes. Write the id of your account.\n\n' +
        'The environment "staging" (environments/staging.ts) cannot be built:\n  minimumGrade is "E"; ',
    );
  });

  it('with the same domain are refused, and both are named', async ({ filesOf }) => {
    await expect(loadEnvironments(everything, filesOf({ dev: GOOD, prod: GOOD }))).rejects.toThrow(
      'The environments "dev" (environments/dev.ts) and "prod" (environments/prod.ts) cannot be built together:\n' +
        '  domain is "callbacks.example.com" in both files; expected another domain in each, because a callback token of one ' +
        'would be accepted by the other. Change `domain` in environments/prod.ts or in environments/dev.ts, whichever is the copy.',
    );
  });

  it('with the same domain are refused, and the one that was changed last is blamed', async ({ filesOf }) => {
    const files = filesOf({ dev: GOOD, prod: GOOD });
    utimesSync(new URL('prod.ts', files), 1_700_000_000, 1_700_000_000);
    await expect(loadEnvironments(everything, files)).rejects.toThrow(
      'The environment "dev" (environments/dev.ts) cannot be built:\n' +
        '  domain is "callbacks.example.com", which environments/prod.ts has too; ',
    );
  });

  it('may not have the name of the environment that npm start runs', async ({ filesOf }) => {
    await expect(loadEnvironments(only('prod'), filesOf({ local: GOOD, prod: GOOD }))).rejects.toThrow(
      'The environment "local" (environments/local.ts) cannot be built:\n' +
        '  the name is "local"; expected another name, because `npm start` runs an environment of this name, which ' +
        'local/environment.ts describes. Rename the file. Delete it if it comes from an earlier version of Postern.',
    );
  });

  it('are expected: without any, or without the folder, the error says where to begin', async ({ filesOf }) => {
    const empty = filesOf({});
    const none =
      'environments/ has no environment; expected a file for each, as environments/prod.ts. ' +
      'docs/operate/deploying.md describes how to write one.';
    await expect(loadEnvironments(everything, empty)).rejects.toThrow(none);
    await expect(loadEnvironments(only('prod'), empty)).rejects.toThrow(none);
    rmSync(empty, { recursive: true });
    await expect(loadEnvironments(everything, empty)).rejects.toThrow(UnknownEnvironment);
  });

  it.for([
    ['no default export', 'export const environment = {};', 'the default export is missing; '],
    ['a text for an environment', 'export default "prod";', 'the default export is "prod"; '],
    ['a function that returns nothing', 'export default () => undefined;', 'the default export is missing; '],
  ] as const)(
    'with %s are refused: the message names the file and what it should export',
    async ([_title, source, words], { filesOf }) => {
      await expect(loadEnvironments(everything, filesOf({ mine: source }))).rejects.toThrow(
        'The environment "mine" (environments/mine.ts) cannot be built:\n' +
          `  ${words}expected an object with the properties of an environment, or a function that returns one. ` +
          'Write `export default environment;` at the end of the file.',
      );
    },
  );

  it.for([
    [
      'an error',
      'const a: string = undefined;\nexport default { domain: a.trim() };',
      /cannot be imported: TypeError: .*trim/,
    ],
    ['a function that fails', 'export default () => { throw new Error("no context"); };', /fails: Error: no context/],
    ['an import of nothing', 'import "./nowhere.ts";\nexport default {};', /cannot be imported: .*nowhere\.ts/],
  ] as const)('with %s are refused by name, not with a stack', async ([_title, source, words], { filesOf }) => {
    const refused = loadEnvironments(everything, filesOf({ mine: source }));
    await expect(refused).rejects.toThrow(InvalidEnvironment);
    await expect(refused).rejects.toThrow(words);
    await expect(refused).rejects.toThrow(
      /^The environment "mine" \(environments\/mine\.ts\) cannot be built:\n {2}the file /,
    );
    await expect(refused).rejects.toThrow(/expected a file that runs without an error\. `npm run typecheck` finds/);
  });

  it.for([
    ['prd', 'The context value postern:environment is "prd"; expected one of dev, prod. Did you mean `prod`? Name one'],
    ['nowhere', 'The context value postern:environment is "nowhere"; expected one of dev, prod. Name one'],
  ] as const)('are named where the context asks for %s, which has none', async ([name, words], { filesOf }) => {
    const refused = loadEnvironments(only(name), filesOf({ dev: GOOD, prod: GOOD }));
    await expect(refused).rejects.toThrow(UnknownEnvironment);
    await expect(refused).rejects.toThrow(
      `${words} of them, or copy a file of environments/ to environments/${name}.ts.`,
    );
  });
});
