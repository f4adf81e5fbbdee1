import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CAPABILITY_NAMES } from '../../../lambda/contract/capabilities.ts';
import type { Carrier } from '../../../lambda/contract/carriers.ts';
import { CARRIERS } from '../../../lambda/contract/carriers.ts';
import {
  EXPIRES_IN_SECONDS,
  ID_RANDOM_BYTES,
  MAX_CALLBACK_URL_BYTES,
  MAX_USES,
} from '../../../lambda/contract/limits.ts';
import { createCallbackIssuer } from '../../../lambda/shared/callbacks/callback-issuer.ts';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { longestCallbackUrl } from '../../../lib/config/rules/callback-url.ts';
import { MAX_CONDITION_VALUE_CHARS } from '../../../lib/names.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { aSigningKey, NOW } from '../../support/tokens.ts';

const LONGEST_ID = 'a'.repeat(32);
const randomId = () => randomBytes(ID_RANDOM_BYTES).toString('base64url');

const key = await aSigningKey();

/** The longest of the URLs that a sender gets who asks for the longest of everything. */
const longestIssued = async (carrier: Carrier, origin: string, ownerClaim: boolean): Promise<number> => {
  const { registry } = readEnvironment(
    'test',
    anAwsEnvironment({
      processors: {
        [LONGEST_ID]: {
          carriers: [carrier],
          contentTypes: ['text/plain'],
          progressUses: MAX_USES,
          uploadUses: MAX_USES - 9_900,
        },
      },
    }),
  );
  const issuer = createCallbackIssuer({
    origin,
    ownerClaim,
    signer: async () => key.signer,
    encrypt: async (token) => token,
    deriveCode: async () => randomId(),
    randomId,
  });
  const processor = registry[LONGEST_ID];
  if (processor === undefined) throw new Error('The processor is missing.');
  const { callbacks } = await issuer.issue({
    taskId: randomId(),
    processor,
    carrier,
    owner: 'o'.repeat(64),
    issuedAt: NOW,
    expiry: NOW + EXPIRES_IN_SECONDS.max,
    tokens: issuer.name(CAPABILITY_NAMES, processor),
  });
  expect(Object.keys(callbacks).sort()).toEqual([...CAPABILITY_NAMES].sort());
  return Math.max(...Object.values(callbacks).map((callback) => Buffer.byteLength(callback?.url ?? '')));
};

/** A domain of a given length. */
const domainOf = (length: number): string => {
  const labels = `${'a'.repeat(50)}.`.repeat(Math.ceil(length / 51));
  return `${labels
    .slice(0, length - 4)
    .replace(/^\./, 'a')
    .replace(/\.$/, 'a')}.com`;
};

describe('the longest callback URL', () => {
  it.each(CARRIERS.flatMap((carrier) => [true, false].map((ownerClaim) => [carrier, ownerClaim] as const)))(
    'by %s is as long as the one that is really handed out (owner in its token: %s)',
    async (carrier, ownerClaim) => {
      const origin = 'https://callbacks.example.com';
      expect(await longestIssued(carrier, origin, ownerClaim)).toBe(longestCallbackUrl(carrier, origin, ownerClaim));
    },
  );

  it('by short code is for short columns', () => {
    expect(longestCallbackUrl('short', 'https://callbacks.example.com', true)).toBe(
      'https://callbacks.example.com/c/'.length + 22,
    );
  });

  it.each([true, false])('decides which domain is too long, to the character (owner in it: %s)', (ownerClaim) => {
    const length = (chars: number) => longestCallbackUrl('path', `https://${domainOf(chars)}`, ownerClaim);
    let chars = 20;
    while (length(chars + 1) < MAX_CALLBACK_URL_BYTES) chars += 1;
    const refusals = (domain: string, carriers: readonly Carrier[] = ['header', 'path']) => {
      const processors = { 'acme-ocr': { carriers, contentTypes: ['text/plain'] } };
      try {
        readEnvironment('test', anAwsEnvironment({ domain, ownerClaim, processors }));
      } catch (error) {
        if (error instanceof InvalidEnvironment) return error.errors.map(({ expected }) => expected);
        throw error;
      }
      return [];
    };
    const tooLong = expect.stringMatching(/every callback URL has fewer than 1024 bytes; the longest has 1\d{3}/);
    expect(refusals(domainOf(chars))).toEqual([]);
    expect(refusals(domainOf(chars + 1))).toEqual([tooLong]);
    // Without a token in any URL, every name that fits into a listener rule is accepted.
    expect(refusals(domainOf(MAX_CONDITION_VALUE_CHARS), ['header', 'short'])).toEqual([]);
  });
});
