import { CALLBACK_TOKEN_ALGORITHMS } from '../../lambda/contract/claims.ts';
import type { ProcessorInput, SigningKey } from './environment.ts';
import { SIGNING_KEY_USES } from './environment.ts';
import { Finding, objectsOf, type Problems } from './errors.ts';

const PROPERTIES = Object.keys({ use: true, algorithm: true } satisfies Record<keyof SigningKey, true>);

/** Most keys of a JWKS that a load balancer reads. */
const MAX_KEYS = 10;

/** Checks the keys of callback tokens, and that what the current one signs fits into every carrier in use. */
export const checkSigningKeys = (
  problems: Problems,
  keys: Readonly<Record<string, SigningKey>>,
  processors: Readonly<Record<string, ProcessorInput>>,
): void => {
  const remedy = "Write for instance { first: { use: 'current' } }, or take `signingKeys` out.";
  if (!problems.object('signingKeys', keys, 'an object with one or more keys by their id', remedy)) return;
  for (const [id, key] of Object.entries(keys))
    problems.object(`signingKeys.${id}`, key, 'an object with `use`', remedy);
  const entries = objectsOf(keys);
  for (const [id, key] of entries) {
    const at = `signingKeys.${id}`;
    problems.expect(
      /^[a-z0-9-]{1,32}$/.test(id),
      at,
      new Finding(`has the id "${id}"`),
      'an id of 1 to 32 characters of [a-z0-9-]',
      'Rename the key before it is deployed.',
    );
    problems.properties(at, key, PROPERTIES);
    problems.oneOf(`${at}.use`, key.use, SIGNING_KEY_USES, 'docs/operate/key-rotation.md describes each of them.');
    if (key.algorithm !== undefined) {
      problems.oneOf(
        `${at}.algorithm`,
        key.algorithm,
        CALLBACK_TOKEN_ALGORITHMS,
        'Write ES256, or take `algorithm` out.',
      );
    }
  }
  const signing = entries.filter(([, { use }]) => use === 'current');
  problems.expect(
    signing.length === 1 && entries.length <= MAX_KEYS,
    'signingKeys',
    Object.fromEntries(entries.map(([id, { use }]) => [id, use])),
    `exactly one key with the use 'current', and at most ${MAX_KEYS} keys`,
    "Give 'current' to the key that signs and 'previous' to the key before it, and take retired keys out.",
  );
  if (signing.some(([, { algorithm }]) => algorithm === 'RS256')) checkCarriersOfRs256(problems, processors);
};

/** The carrier `short` is not checked: no token is signed for a short code. */
const checkCarriersOfRs256 = (problems: Problems, processors: Readonly<Record<string, ProcessorInput>>): void => {
  for (const [id, { carriers }] of objectsOf(processors)) {
    problems.expect(
      !(Array.isArray(carriers) && carriers.includes('path')),
      `processors.${id}.carriers`,
      carriers,
      'no carrier `path`, because the current signing key is RS256, whose tokens are too long for a URL',
      'Use the carrier `header` or `short`, or sign with an ES256 key.',
    );
  }
};
