import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Carrier } from '../../../lambda/contract/registry.ts';
import { InvalidEnvironment } from '../../../lib/environment/problem.ts';
import { readEnvironment } from '../../../lib/environment/read.ts';
import { anAwsEnvironment } from '../../support/environments.ts';

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
    if (error instanceof InvalidEnvironment) return error.problems.map(({ at }) => at);
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

it('gets its keys from npm run encryption-key: two halves of one', () => {
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', 'cli/encryption-key.ts'], {
    cwd: fileURLToPath(new URL('../../../', import.meta.url)),
    encoding: 'utf8',
  });
  const [privateJwk, printed] = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as JsonWebKey & { kid: string });
  expect(problemsOf({ secretName: 'keys', publicJwk: printed })).toEqual([]);
  const key = createPrivateKey({ key: privateJwk as JsonWebKey, format: 'jwk' });
  const { crv, kty, x, y } = printed ?? {};
  expect(createPublicKey(key).export({ format: 'jwk' })).toEqual({ crv, kty, x, y });
  expect(privateJwk?.kid).toBe(printed?.kid);
});
