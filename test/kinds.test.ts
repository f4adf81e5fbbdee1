import { expect, test } from 'vitest';
import { kindOf, testFiles } from './kinds.ts';

test.each([
  ['test/lambda/a.test.ts', "import { expect } from 'vitest';", 'unit'],
  ['test/lib/a.test.ts', "import { synthesize } from '../support/synthesize.ts';", 'infrastructure'],
  ['test/lib/a.test.ts', "import { Template } from 'aws-cdk-lib/assertions';", 'infrastructure'],
  ['test/lambda/a/b.test.ts', "import { test } from '../../support/fixtures.ts';", 'integration'],
  ['test/lambda/a.test.ts', "import { spawn } from 'node:child_process';", 'integration'],
  ['test/local/dynamodb/a.test.ts', "import { startEngine } from '../../../local/dynamodb/engine.ts';", 'integration'],
  ['test/local/start/a.test.ts', '', 'system'],
  ['test/cli/a.test.ts', "import { test } from '../local/start/gateway-fixtures.ts';", 'system'],
  ['test/smoke/a.test.ts', '', 'system'],
  ['test/cli/init/fresh-app.test.ts', "import { runPostern } from '../../support/command-line.ts';", 'system'],
  ['test/sdk/processor/gateway.test.ts', '', 'system'],
])('%s with %j is of kind %s', (file, text, kind) => {
  expect(kindOf(file, text)).toBe(kind);
});

test('every test file has one kind, and most files are unit tests or integration tests', () => {
  const files = testFiles();
  const all = Object.values(files).flat();
  expect(new Set(all).size).toBe(all.length);
  for (const kind of Object.values(files)) expect(kind.length).toBeGreaterThan(5);
  expect(files.unit).toContain('test/kinds.test.ts');
  // `npm run test:browser` and `npm run test:door` run them.
  expect(all.filter((file) => /^test\/(browser|door)\//.test(file))).toEqual([]);
});
