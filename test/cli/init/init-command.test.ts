import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import cli from '../../../cli/package.json' with { type: 'json' };
import { runPostern } from '../../support/command-line.ts';
import { test as base } from '../../support/unit-fixtures.ts';

const FLAGS = '--name prod --domain callbacks.example.com --account 123456789012 --region eu-west-1'.split(' ');

const { version: VERSION } = cli;

const test = base
  /** A registry without any package. */
  .extend('emptyRegistry', async ({}, { onCleanup }) => {
    const server = createServer((_, response) => response.writeHead(404).end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(() => new Promise<void>((resolve) => server.close(() => resolve())));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  })
  /** Folder with tarballs of two packages that have a dependency on one of a registry. */
  .extend('tarballs', ({ ownFolder }) => {
    const folder = join(ownFolder, 'tarballs');
    for (const name of ['cdk', 'cli']) {
      const source = join(ownFolder, name, 'package');
      mkdirSync(source, { recursive: true });
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(source, 'package.json'), JSON.stringify({ name: `@postern/${name}`, version: VERSION }));
      execFileSync('tar', [
        '-czf',
        join(folder, `postern-${name}-${VERSION}.tgz`),
        '-C',
        join(source, '..'),
        'package',
      ]);
      rmSync(join(ownFolder, name), { recursive: true });
    }
    return ['--packages', 'tarballs'];
  })
  .extend('init', ({ ownFolder }) => (words: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const npm = { npm_config_fetch_retries: '0', npm_config_cache: join(ownFolder, '.npm') };
    return runPostern(['init', ...words], { cwd: ownFolder, env: { ...npm, ...env } });
  });

describe('postern init', () => {
  test('without --packages ends with 2 as long as no registry has the packages', async ({ init, ownFolder }) => {
    const { code, stderr } = await init(['app', ...FLAGS]);
    expect(code).toBe(2);
    expect(stderr).toContain('no public registry has its packages yet');
    expect(stderr).toContain('"npm run pack -- --out DIR" makes them. Then add --packages DIR.');
    expect(existsSync(join(ownFolder, 'app'))).toBe(false);
  });

  test('without a terminal ends with 2 and names each missing flag', async ({ init, ownFolder, tarballs }) => {
    const { code, stderr, stdout } = await init(['app', '--name', 'prod', '--no-input', ...tarballs]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Missing: --domain, --account, --region.');
    expect(existsSync(join(ownFolder, 'app'))).toBe(false);
  });

  test('without a folder ends with 2', async ({ init }) => {
    const { code, stderr } = await init(FLAGS);
    expect(code).toBe(2);
    expect(stderr).toContain("missing required argument 'dir'");
  });

  test('in a folder that is not empty ends with 2 and changes nothing', async ({ init, ownFolder }) => {
    mkdirSync(join(ownFolder, 'app'));
    writeFileSync(join(ownFolder, 'app', 'mine.txt'), 'mine');
    const { code, stderr } = await init(['app', ...FLAGS]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${join(ownFolder, 'app')} is not empty: it has mine.txt.`);
    expect(readdirSync(join(ownFolder, 'app'))).toEqual(['mine.txt']);
  });

  test('with the name of a file ends with 2', async ({ init, ownFolder }) => {
    writeFileSync(join(ownFolder, 'app'), 'mine');
    const { code, stderr } = await init(['app', ...FLAGS]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('is a file.') });
  });

  test('with --packages names the tarballs that are missing and ends with 2', async ({ init, ownFolder }) => {
    const { code, stderr } = await init(['app', ...FLAGS, '--packages', '.']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/has no postern-cdk-\d+\.\d+\.\d+\.tgz and no postern-cli-/);
    expect(stderr).toContain('npm run pack -- --out DIR');
    expect(existsSync(join(ownFolder, 'app'))).toBe(false);
  });

  test('removes a new folder again if npm makes no lock file', async ({ emptyRegistry, init, ownFolder, tarballs }) => {
    const { code, stderr, stdout } = await init(['deep/app', ...FLAGS, ...tarballs], {
      npm_config_registry: emptyRegistry,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('npm ended with 1, and made no package-lock.json:\nnpm error code E404');
    expect(stderr).toContain('The registry lacks this package.');
    expect(readdirSync(ownFolder)).toEqual(['.npm', 'tarballs']);
  });

  test('empties a folder again, and keeps its repository', async ({ emptyRegistry, init, ownFolder, tarballs }) => {
    mkdirSync(join(ownFolder, 'app', '.git'), { recursive: true });
    const { code } = await init(['app', ...FLAGS, ...tarballs], { npm_config_registry: emptyRegistry });
    expect(code).toBe(1);
    expect(readdirSync(join(ownFolder, 'app'))).toEqual(['.git']);
  });

  test('says that npm is missing', async ({ init, ownFolder, tarballs }) => {
    const { code, stderr } = await init(['app', ...FLAGS, ...tarballs], { PATH: ownFolder });
    expect(code).toBe(1);
    expect(stderr).toContain('npm cannot be started (ENOENT).');
    expect(existsSync(join(ownFolder, 'app'))).toBe(false);
  });
});
