import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { CAPABILITY_NAMES } from '../../../lambda/contract/capabilities.ts';
import {
  EXPIRES_IN_SECONDS,
  ID_RANDOM_BYTES,
  MAX_CALLBACK_URL_BYTES,
  MAX_USES,
} from '../../../lambda/contract/limits.ts';
import { createCallbackIssuer } from '../../../lambda/open/callbacks.ts';
import { longestCallbackUrl } from '../../../lib/environment/callback-url.ts';
import { InvalidEnvironment } from '../../../lib/environment/problem.ts';
import { readEnvironment } from '../../../lib/environment/read.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import type { SigningKey } from '../../support/tokens.ts';
import { aSigningKey } from '../../support/tokens.ts';

const LONGEST_ID = 'a'.repeat(32);

let key: SigningKey;
beforeAll(async () => {
  key = await aSigningKey();
});

/** What a sender gets that asks for the longest of everything. */
const issueLongest = async (origin: string, ownerClaim: boolean) => {
  const { registry } = readEnvironment(
    'test',
    anAwsEnvironment({
      processors: { [LONGEST_ID]: { carriers: ['path'], contentTypes: ['text/plain'], progressUses: MAX_USES } },
    }),
  );
  const processor = registry[LONGEST_ID];
  if (processor === undefined) throw new Error('The processor is not in the registry.');
  const randomId = () => randomBytes(ID_RANDOM_BYTES).toString('base64url');
  const issuer = createCallbackIssuer({
    origin,
    ownerClaim,
    signer: async () => key.signer,
    deriveCode: async () => randomId(),
    randomId,
  });
  const issuedAt = Date.UTC(2026, 5, 1) / 1000;
  return issuer.issue({
    taskId: randomId(),
    processor,
    carrier: 'path',
    owner: 'o'.repeat(64),
    issuedAt,
    expiry: issuedAt + EXPIRES_IN_SECONDS.max,
    tokens: issuer.name(CAPABILITY_NAMES, processor),
  });
};

/** A domain of so many characters. */
const domainOf = (length: number): string => {
  const labels = `${'a'.repeat(50)}.`.repeat(Math.ceil(length / 51));
  return `${labels
    .slice(0, length - 4)
    .replace(/^\./, 'a')
    .replace(/\.$/, 'a')}.com`;
};

describe('the longest callback URL', () => {
  it.each([true, false])('is as long as the one that is really handed out (owner in it: %s)', async (ownerClaim) => {
    const origin = 'https://callbacks.example.com';
    const { callbacks } = await issueLongest(origin, ownerClaim);
    const lengths = Object.values(callbacks).map((callback) => Buffer.byteLength(callback?.url ?? ''));
    expect(Math.max(...lengths)).toBe(longestCallbackUrl(origin, ownerClaim));
  });

  it.each([true, false])('decides which domain is too long, to the character (owner in it: %s)', (ownerClaim) => {
    const length = (chars: number) => longestCallbackUrl(`https://${domainOf(chars)}`, ownerClaim);
    let chars = 20;
    while (length(chars + 1) < MAX_CALLBACK_URL_BYTES) chars += 1;
    const read = (domain: string) => readEnvironment('test', anAwsEnvironment({ domain, ownerClaim }));
    expect(read(domainOf(chars)).host).toHaveLength(chars);
    expect(() => read(domainOf(chars + 1))).toThrow(InvalidEnvironment);
    expect(() => read(domainOf(chars + 1))).toThrow(
      /every callback URL stays under 1024 bytes, and the longest has 1\d{3}/,
    );
  });
});
