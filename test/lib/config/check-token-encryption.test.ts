import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import type { Carrier } from '../../../lambda/contract/carriers.ts';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import type { PublicJwk } from '../../../lib/config/keys.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { test as it } from '../../support/unit-fixtures.ts';

const jwkOf = (curve: string) => generateKeyPairSync('ec', { namedCurve: curve }).publicKey.export({ format: 'jwk' });
const publicJwk = { ...jwkOf('P-256'), kid: 'current' };
const GOOD = { secretName: 'postern/keys', publicJwk };

const problemsOf = (tokenEncryption: unknown, encrypted: unknown = true, carriers: readonly Carrier[] = ['header']) => {
  const processor = { carriers, contentTypes: ['application/json'], encrypted };
  try {
    readEnvironment(
      'test',
      anAwsEnvironment({
        ...(tokenEncryption !== undefined && { tokenEncryption: tokenEncryption as typeof GOOD }),
        processors: { 'acme-ocr': processor as never },
      }),
    );
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error.errors.map(({ at }) => at);
    throw error;
  }
  return [];
};

it('is taken with a key, for processors that can send a header', () => {
  expect(problemsOf(GOOD)).toEqual([]);
  expect(problemsOf(GOOD, true, ['short'])).toEqual([]);
  expect(problemsOf(GOOD, false, ['path'])).toEqual([]);
  expect(problemsOf(undefined, false)).toEqual([]);
});

it.each<[string, unknown, unknown, readonly Carrier[], string]>([
  ['a processor without a key', undefined, true, ['header'], 'processors.acme-ocr.encrypted'],
  ['a processor that is given URLs', GOOD, true, ['path'], 'processors.acme-ocr.encrypted'],
  ['a word for yes', GOOD, 'yes', ['header'], 'processors.acme-ocr.encrypted'],
  ['no name of a secret', { publicJwk }, true, ['header'], 'tokenEncryption.secretName'],
  ['no key', { secretName: 'keys' }, true, ['header'], 'tokenEncryption.publicJwk'],
  [
    'a key without a kid',
    { secretName: 'keys', publicJwk: jwkOf('P-256') },
    true,
    ['header'],
    'tokenEncryption.publicJwk.kid',
  ],
  [
    'T5 a key of another curve',
    { ...GOOD, publicJwk: { ...jwkOf('P-384'), kid: 'a' } },
    true,
    ['header'],
    'tokenEncryption.publicJwk',
  ],
  ['a private key', { ...GOOD, publicJwk: { ...publicJwk, d: 'AAAA' } }, true, ['header'], 'tokenEncryption.publicJwk'],
  ['a property that is misspelt', { ...GOOD, secret: 'keys' }, true, ['header'], 'tokenEncryption.secret'],
])('is refused with %s', (_, tokenEncryption, encrypted, carriers, at) => {
  expect(problemsOf(tokenEncryption, encrypted, carriers)).toContain(at);
});

describe('npm run encryption-key', () => {
  const run = (...parameters: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', 'cli/encryption-key.ts', ...parameters], {
      cwd: fileURLToPath(new URL('../../../', import.meta.url)),
      encoding: 'utf8',
    });

  it('writes the private half for its owner, prints the public half, never overwrites a key', ({ folder }) => {
    const file = join(folder, 'key.json');
    const { stdout } = run('--secret-file', file);
    const printed = JSON.parse(stdout.split('\n').find((line) => line.startsWith('{')) ?? '') as PublicJwk;
    const text = readFileSync(file, 'utf8');
    const privateJwk = JSON.parse(text) as JsonWebKey & { readonly kid: string };
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(stdout).not.toContain(privateJwk.d);
    expect(problemsOf({ secretName: 'keys', publicJwk: printed })).toEqual([]);
    const key = createPrivateKey({ key: privateJwk, format: 'jwk' });
    const { crv, kid, kty, x, y } = printed;
    expect(createPublicKey(key).export({ format: 'jwk' })).toEqual({ crv, kty, x, y });
    expect(privateJwk.kid).toBe(kid);

    const again = run('--secret-file', file);
    expect([again.status, again.stderr]).toEqual([2, expect.stringContaining('The file exists')]);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it.each([[['--help']], [[]], [['--what']]])('with %j it says what it does, and makes no key', (parameters) => {
    const { status, stderr, stdout } = run(...parameters);
    expect(status).toBe(parameters[0] === '--help' ? 0 : 2);
    expect(`${stdout}${stderr}`).toContain('npm run encryption-key -- --secret-file FILE');
    expect(`${stdout}${stderr}`).not.toContain('"kid"');
  });
});
