import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Carrier } from '../../../lambda/contract/carriers.ts';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import type { PublicJwk } from '../../../lib/config/keys.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { runPostern } from '../../support/command-line.ts';
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

describe('postern encryption-key', () => {
  it('writes the private half for its owner, prints the public half, never overwrites a key', async ({ folder }) => {
    const { code, stderr, stdout } = await runPostern(['encryption-key', '--out', 'key.json'], { cwd: folder });
    expect(code).toBe(0);
    const printed = JSON.parse(stdout.split('\n').find((line) => line.startsWith('{')) ?? '') as PublicJwk;
    const file = join(folder, 'key.json');
    const text = readFileSync(file, 'utf8');
    const privateJwk = JSON.parse(text) as JsonWebKey & { readonly kid: string };
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(`${stdout}${stderr}`).not.toContain(privateJwk.d);
    expect(problemsOf({ secretName: 'keys', publicJwk: printed })).toEqual([]);
    const key = createPrivateKey({ key: privateJwk, format: 'jwk' });
    const { crv, kid, kty, x, y } = printed;
    expect(createPublicKey(key).export({ format: 'jwk' })).toEqual({ crv, kty, x, y });
    expect(privateJwk.kid).toBe(kid);

    const again = await runPostern(['encryption-key', '--out', file]);
    expect(again).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(`${file} exists`) });
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('has a form for programs, and a name for the file if the command line has none', async ({ ownFolder }) => {
    const { code, stdout } = await runPostern(['encryption-key', '-o', 'json'], { cwd: ownFolder });
    expect(code).toBe(0);
    const { publicJwk: printed, privateKeyFile } = JSON.parse(stdout) as {
      readonly publicJwk: PublicJwk;
      readonly privateKeyFile: string;
    };
    const { d, ...publicHalf } = JSON.parse(readFileSync(join(ownFolder, privateKeyFile), 'utf8')) as JsonWebKey;
    expect(publicHalf).toEqual(printed);
    expect(stdout).not.toContain(d);
  });

  it.each([[['--help']], [['--what']], [['--out', 'nowhere/key.json']]])('makes no key with %j', async (words) => {
    const { code, stderr, stdout } = await runPostern(['encryption-key', ...words]);
    expect(code).toBe(words[0] === '--help' ? 0 : 2);
    expect(`${stdout}${stderr}`).not.toContain('"kid"');
  });
});
