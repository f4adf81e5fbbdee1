import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadEnvironments } from '../../../lib/environment/load.ts';
import { anAwsEnvironment } from '../../support/environments.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-environments-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A folder of environment files, each with its domain. */
const filesOf = (set: string, domains: Readonly<Record<string, string>>): URL => {
  const place = mkdtempSync(join(folder, set));
  for (const [name, domain] of Object.entries(domains)) {
    writeFileSync(join(place, `${name}.ts`), `export default ${JSON.stringify(anAwsEnvironment({ domain }))};`);
  }
  return pathToFileURL(`${place}/`);
};

const everything = () => undefined;

describe('the files of environments', () => {
  it('are each an environment of their name', async () => {
    const files = filesOf('apart', { dev: 'callbacks.dev.example.com', prod: 'callbacks.example.com' });
    const environments = await loadEnvironments(everything, files);
    expect(environments.map(({ name, host }) => [name, host])).toEqual([
      ['dev', 'callbacks.dev.example.com'],
      ['prod', 'callbacks.example.com'],
    ]);
  });

  it('with the same domain are refused, for tokens of one would be good for the other', async () => {
    const files = filesOf('same', { dev: 'callbacks.example.com', prod: 'callbacks.example.com' });
    await expect(loadEnvironments(everything, files)).rejects.toThrow(
      'domain is "callbacks.example.com"; expected a domain of its own, and "dev" (environments/dev.ts) has the same. ' +
        'Give one of the two another domain: callback tokens are bound to it.',
    );
  });
});
