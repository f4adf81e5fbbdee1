import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { assertCanBuild, findGo } from '../../../local/network-door/go.ts';
import { test as base } from '../../support/unit-fixtures.ts';

const test = base
  /** Puts a command `go` into a folder, and gives the variables with which it is found. */
  .extend('goThat', ({ ownFolder }) => (script: string): Readonly<Record<string, string>> => {
    const file = join(ownFolder, 'go');
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return { PATH: ownFolder };
  })
  /** A folder with a go.mod that asks for a version. */
  .extend('sources', ({ ownFolder }) => {
    const folder = join(ownFolder, 'sources');
    mkdirSync(folder);
    writeFileSync(join(folder, 'go.mod'), 'module door\n\ngo 1.26\n\nrequire example.com/a v1.27.0\n');
    return folder;
  });

describe('the Go of the network door', () => {
  test('is found in PATH', async ({ goThat }) => {
    const variables = goThat(`echo '{"GOVERSION": "go1.26.8", "GOROOT": "/usr/local/go"}'`);
    expect(await findGo(variables)).toEqual({ version: 'go1.26.8', root: '/usr/local/go' });
  });

  test('is missing: one sentence with the remedy', async ({ ownFolder }) => {
    await expect(findGo({ PATH: ownFolder })).rejects.toThrow(
      'POSTERN_INGRESS=network builds the network door with Go, and PATH has no command "go". Install Go from https://go.dev/dl/, or start without POSTERN_INGRESS.',
    );
  });

  test('fails: its own words', async ({ goThat }) => {
    await expect(findGo(goThat('echo broken >&2; exit 2'))).rejects.toThrow('The command "go" fails: broken');
  });

  test.for(['go1.25.9', 'go1.9', 'go0.27.1', 'devel go1.25-abcdef'])('is too old as %s', (version, { sources }) => {
    expect(() => assertCanBuild({ version, root: '' }, sources)).toThrow(
      `The network door needs Go 1.26 or later; "go" is ${version}. Install a later one from https://go.dev/dl/, or start without POSTERN_INGRESS.`,
    );
  });

  test.for(['go1.26.0', 'go1.26rc1', 'go1.27', 'go2.0', 'devel go1.27-abcdef'])(
    'is new enough as %s',
    (version, { sources }) => {
      expect(() => assertCanBuild({ version, root: '' }, sources)).not.toThrow();
    },
  );

  test('is never another one than that in PATH', async ({ goThat }) => {
    const variables = goThat(`echo "{\\"GOVERSION\\": \\"$GOTOOLCHAIN\\", \\"GOROOT\\": \\"$GOFLAGS\\"}"`);
    expect(await findGo(variables)).toEqual({ version: 'local', root: '-mod=readonly' });
  });
});
