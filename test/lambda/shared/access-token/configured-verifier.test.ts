import { expect, test } from 'vitest';
import { RFC_9068 } from '../../../../lambda/contract/access-token-profile.ts';
import type { Variables } from '../../../../lambda/contract/environment-variables.ts';
import { configuredVerifier } from '../../../../lambda/shared/access-token/configured-verifier.ts';

const variables = (overrides: Partial<Variables<'tasks'>> = {}): Variables<'tasks'> => ({
  POSTERN_ENVIRONMENT: 'test',
  POSTERN_ORIGIN: 'https://callbacks.example.com',
  TASKS_TABLE: 'tasks',
  LOOKUPS_TABLE: 'lookups',
  PAYLOAD_BUCKET: 'payloads',
  INDEX_SHARDS: '16',
  IDP_ISSUER: 'https://idp.example.com',
  IDP_JWKS_URI: 'https://idp.example.com/jwks',
  ACCESS_TOKEN_MAX_LIFETIME_SECONDS: '3600',
  ACCESS_TOKEN_PROFILE: JSON.stringify(RFC_9068),
  ACCESS_TOKEN_USES: 'many',
  ABBREVIATIONS: 'off',
  ...overrides,
});

const configure = (overrides: Partial<Variables<'tasks'>>) =>
  configuredVerifier(variables(overrides), { record: async () => true });

test('a function starts with what its variables say', () => {
  for (const ACCESS_TOKEN_USES of ['many', 'one-time']) expect(() => configure({ ACCESS_TOKEN_USES })).not.toThrow();
});

test.each(['', 'once', 'ONE-TIME', 'one-time '])('C6 it does not start with ACCESS_TOKEN_USES %j', (uses) => {
  expect(() => configure({ ACCESS_TOKEN_USES: uses })).toThrow(/ACCESS_TOKEN_USES/);
});

test('it does not start with a profile that is no JSON, or a lifetime that is no number', () => {
  expect(() => configure({ ACCESS_TOKEN_PROFILE: 'RFC_9068' })).toThrow();
  expect(() => configure({ ACCESS_TOKEN_MAX_LIFETIME_SECONDS: 'NaN' })).toThrow(/ACCESS_TOKEN_MAX_LIFETIME_SECONDS/);
});
