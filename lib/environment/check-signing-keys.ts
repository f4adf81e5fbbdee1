import { CALLBACK_TOKEN_ALGORITHMS } from '../../lambda/contract/claims.ts';
import type { ProcessorInput, SigningKey } from '../environment.ts';
import { SIGNING_KEY_USES } from '../environment.ts';
import type { Problems } from './problem.ts';

const PROPERTIES = Object.keys({ use: true, algorithm: true } satisfies Record<keyof SigningKey, true>);

/** Most keys of a JWKS that a load balancer reads. */
const MAX_KEYS = 10;

/** Checks the keys of callback tokens, and that what the current one signs fits into every carrier in use. */
export const checkSigningKeys = (
  problems: Problems,
  keys: Readonly<Record<string, SigningKey>>,
  processors: Readonly<Record<string, ProcessorInput>>,
): void => {
  const entries = Object.entries(keys);
  for (const [id, key] of entries) {
    const at = `signingKeys.${id}`;
    problems.text(
      at,
      id,
      /^[a-z0-9-]{1,32}$/,
      'an id of 1 to 32 of [a-z0-9-]',
      'Rename the key before it is deployed.',
    );
    problems.properties(at, key, PROPERTIES);
    problems.oneOf(`${at}.use`, key.use, SIGNING_KEY_USES, 'Say what the key is for.');
    if (key.algorithm !== undefined) {
      problems.oneOf(`${at}.algorithm`, key.algorithm, CALLBACK_TOKEN_ALGORITHMS, 'Take ES256, or leave it out.');
    }
  }
  const signing = entries.filter(([, { use }]) => use === 'current');
  problems.expect(
    signing.length === 1 && entries.length <= MAX_KEYS,
    'signingKeys',
    Object.fromEntries(entries.map(([id, { use }]) => [id, use])),
    `exactly one key that is current, and ${MAX_KEYS} keys at most`,
    'Make the one that is to sign `current`, the one before it `previous`, and take retired ones out.',
  );
  if (signing.some(([, { algorithm }]) => algorithm === 'RS256')) checkCarriersOfRs256(problems, processors);
};

/** A short code stands for claims and no token is signed for it, so that it does not matter how long one would be. */
const checkCarriersOfRs256 = (problems: Problems, processors: Readonly<Record<string, ProcessorInput>>): void => {
  for (const [id, { carriers }] of Object.entries(processors ?? {})) {
    problems.expect(
      !(Array.isArray(carriers) && carriers.includes('path')),
      `processors.${id}.carriers`,
      carriers,
      'no carrier path, because the current signing key is RS256, whose tokens are too long for a URL',
      'Give the processor the carrier header or short, or let an ES256 key sign.',
    );
  }
};
