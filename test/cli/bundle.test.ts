import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { buildCli } from '../../cli/build.mjs';
import { runPostern } from '../support/command-line.ts';
import { test } from '../support/unit-fixtures.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

test('the bundle has nothing of the CDK and of AWS, and no code that makes templates', async ({ folder }) => {
  const sources = await buildCli({ root: ROOT, outfile: join(folder, 'postern.mjs') });
  expect(sources).toContain('cli/main.ts');
  expect(sources).toContain('cost/estimate.ts');
  expect(
    sources.filter((file) =>
      /^(bin|local|lib\/(?!config\/near-names|context-keys|feature-flags|describe\/description|update\/|validation\/findings))/.test(
        file,
      ),
    ),
  ).toEqual([]);
  expect(sources.filter((file) => /node_modules\/(@aws-sdk|aws-cdk-lib|constructs|esbuild|tsx)\//.test(file))).toEqual(
    [],
  );
});

test('a command that needs no checkout runs in any folder', async ({ ownFolder }) => {
  expect(await runPostern(['version'], { cwd: ownFolder })).toMatchObject({ code: 0, stderr: '' });
});
