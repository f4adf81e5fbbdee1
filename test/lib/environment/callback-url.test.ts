import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXPIRES_IN_SECONDS, ID_RANDOM_BYTES, MAX_CALLBACK_URL_BYTES } from '../../../lambda/contract/limits.ts';
import type { OpenedTask } from '../../../lambda/open/open-task.ts';
import { createTaskOpener } from '../../../lambda/open/open-task.ts';
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
const openLongest = async (origin: string, ownerClaim: boolean) => {
  const { registry } = readEnvironment(
    'test',
    anAwsEnvironment({ processors: { [LONGEST_ID]: { carriers: ['path'], contentTypes: ['text/plain'] } } }),
  );
  const open = createTaskOpener({
    origin,
    registry,
    ownerClaim,
    retentionSeconds: 86_400,
    signer: async () => key.signer,
    store: { put: async () => {} },
    now: () => Date.UTC(2026, 5, 1),
    randomId: () => randomBytes(ID_RANDOM_BYTES).toString('base64url'),
  });
  return (await open(
    {
      processor: LONGEST_ID,
      resource: 'r'.repeat(256),
      owner: 'o'.repeat(64),
      expiresIn: EXPIRES_IN_SECONDS.max,
      callbacks: ['result', 'failure'],
      carrier: 'path',
    },
    'sender',
  )) as OpenedTask;
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
    const { callbacks } = await openLongest(origin, ownerClaim);
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
