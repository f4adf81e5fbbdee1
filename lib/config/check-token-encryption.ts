import { checkPublicJwk } from './check-proof.ts';
import { checkSecretName } from './check-secrets.ts';
import type { EnvironmentInput } from './environment.ts';
import { Finding, objectsOf, type Problems, show } from './errors.ts';

/** Checks which tokens are encrypted, and with what. */
export const checkTokenEncryption = (
  problems: Problems,
  { processors, tokenEncryption }: Pick<EnvironmentInput, 'processors' | 'tokenEncryption'>,
): void => {
  if (tokenEncryption !== undefined) checkKey(problems, tokenEncryption);
  for (const [id, { carriers, encrypted = false }] of objectsOf(processors)) {
    const at = `processors.${id}.encrypted`;
    problems.oneOf(at, encrypted, [true, false], 'Write true where its tokens are encrypted, and false where not.');
    if (encrypted !== true) continue;
    const remedy = 'Set `tokenEncryption`; `npm run encryption-key` makes its keys.';
    problems.expect(
      tokenEncryption !== undefined,
      at,
      encrypted,
      '`tokenEncryption` in this environment, because tokens are encrypted with its key',
      remedy,
    );
    problems.expect(
      !(Array.isArray(carriers) && carriers.includes('path')),
      at,
      encrypted,
      'no carrier `path`, because an encrypted token is too long for a URL',
      'Use the carrier `header`, or `short`, whose code holds no information.',
    );
  }
};

const checkKey = (problems: Problems, tokenEncryption: NonNullable<EnvironmentInput['tokenEncryption']>): void => {
  const at = 'tokenEncryption';
  const made = '`npm run encryption-key` makes the two halves of a key.';
  if (!problems.object(at, tokenEncryption, 'an object with secretName and publicJwk', made)) return;
  problems.properties(at, tokenEncryption, ['secretName', 'publicJwk']);
  const { publicJwk, secretName } = tokenEncryption;
  checkSecretName(problems, `${at}.secretName`, secretName, 'It holds the private key.');
  if (!problems.object(`${at}.publicJwk`, publicJwk, 'the public half of the key as a JWK, which is an object', made))
    return;
  const { crv, kid, kty } = publicJwk;
  const isP256 = kty === 'EC' && crv === 'P-256';
  problems.expect(
    isP256,
    `${at}.publicJwk`,
    new Finding(`has kty ${show(kty)} and crv ${show(crv)}`),
    'a P-256 key',
    made,
  );
  // `alg` of this key is an algorithm of encryption; `checkPublicJwk` expects one of signatures.
  const { alg: _alg, ...key } = publicJwk;
  if (isP256) checkPublicJwk(problems, `${at}.publicJwk`, key);
  problems.text(`${at}.publicJwk.kid`, kid, /^[\w-]{1,64}$/, 'a kid of 1 to 64 characters of [A-Za-z0-9_-]', made);
};
