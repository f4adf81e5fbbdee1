import type { EnvironmentInput } from '../environment.ts';
import { checkPublicJwk, SECRET_NAME } from './check-proof.ts';
import type { Problems } from './problem.ts';

/** Checks which tokens are encrypted, and with what. */
export const checkTokenEncryption = (
  problems: Problems,
  { processors, tokenEncryption }: Pick<EnvironmentInput, 'processors' | 'tokenEncryption'>,
): void => {
  if (tokenEncryption !== undefined) checkKey(problems, tokenEncryption);
  for (const [id, { carriers, encrypted = false }] of Object.entries(processors ?? {})) {
    const at = `processors.${id}.encrypted`;
    problems.oneOf(at, encrypted, [true, false], 'Say whether its tokens are encrypted.');
    if (encrypted !== true) continue;
    const remedy = 'Set `tokenEncryption`; `npm run encryption-key` makes its keys.';
    problems.expect(tokenEncryption !== undefined, at, encrypted, 'a key to encrypt with', remedy);
    problems.expect(
      !(Array.isArray(carriers) && carriers.includes('path')),
      at,
      encrypted,
      'no carrier `path`: an encrypted token is too long for a URL',
      'Use `header`, or `short`, whose code says nothing at all.',
    );
  }
};

const checkKey = (
  problems: Problems,
  { publicJwk, ...rest }: NonNullable<EnvironmentInput['tokenEncryption']>,
): void => {
  const at = 'tokenEncryption';
  problems.properties(at, { publicJwk, ...rest }, ['secretName', 'publicJwk']);
  const { secretName } = rest;
  problems.text(
    `${at}.secretName`,
    secretName,
    SECRET_NAME,
    'the name of a secret',
    'Write its name, never the secret.',
  );
  // What it is for is another matter than what such a key could sign with.
  const { alg: _alg, ...key } = publicJwk ?? {};
  checkPublicJwk(problems, `${at}.publicJwk`, key);
  const { crv, kid, kty } = publicJwk ?? {};
  const isP256 = kty === 'EC' && crv === 'P-256';
  problems.expect(
    isP256,
    `${at}.publicJwk`,
    `kty ${kty}, crv ${crv}`,
    'a P-256 key',
    '`npm run encryption-key` makes one.',
  );
  problems.text(
    `${at}.publicJwk.kid`,
    kid,
    /^[\w-]{1,64}$/,
    'a kid of 1 to 64 of [A-Za-z0-9_-]',
    'Give the key a name.',
  );
};
