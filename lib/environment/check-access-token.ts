import type { AccessTokenProfile } from '../../lambda/contract/access-token-profile.ts';
import type { AccessTokens } from '../environment.ts';
import { ACCESS_TOKEN_USES, AUDIENCE_FORMS } from '../environment.ts';
import type { Problems } from './problem.ts';

const PROPERTIES = Object.keys({
  profile: true,
  audienceForm: true,
  uses: true,
} satisfies Record<keyof AccessTokens, true>);

const PROFILE_PROPERTIES = Object.keys({
  types: true,
  algorithms: true,
  required: true,
  audience: true,
  scopes: true,
  scopePrefix: true,
  roles: true,
  clientIds: true,
  tokenId: true,
} satisfies Record<keyof AccessTokenProfile, true>);

/** Asymmetric signatures (RFC 8725 §3.1). */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Half of what Lambda takes for all variables of a function together. */
const MAX_PROFILE_CHARS = 2_048;

/** Claims that the load balancer checks by itself and takes no further value for. */
const CHECKED_ANYWAY = ['iss', 'exp', 'nbf', 'iat'];

/** Checks how senders' access tokens are read. */
export const checkAccessToken = (problems: Problems, accessToken: AccessTokens): void => {
  const { profile, audienceForm = 'text', uses = 'many' } = accessToken;
  problems.properties('accessToken', accessToken, PROPERTIES);
  problems.oneOf('accessToken.uses', uses, ACCESS_TOKEN_USES, 'Say how often an access token is good.');
  problems.oneOf('accessToken.audienceForm', audienceForm, AUDIENCE_FORMS, 'Look at a token of the provider.');
  if (profile !== undefined) checkProfile(problems, profile);
};

const checkProfile = (problems: Problems, profile: AccessTokenProfile): void => {
  const at = 'accessToken.profile';
  problems.properties(at, profile, PROFILE_PROPERTIES);
  const { length } = JSON.stringify(profile);
  problems.expect(
    length <= MAX_PROFILE_CHARS,
    at,
    `${length} characters of JSON`,
    `a profile of ${MAX_PROFILE_CHARS} characters of JSON at most, because it travels in an environment variable`,
    'List fewer clients, or let the identity provider name the gateway in `aud`.',
  );
  const algorithms = listOf(profile.algorithms);
  problems.expect(
    algorithms.includes('RS256') && algorithms.every((one) => ALGORITHMS.includes(`${one}`)),
    `${at}.algorithms`,
    profile.algorithms,
    'asymmetric signature algorithms, RS256 among them, which is the one that the load balancer checks',
    'Let the identity provider sign access tokens with RS256.',
  );
  for (const name of ['types', 'scopes', 'roles', 'clientIds'] as const) {
    problems.expect(
      listOf(profile[name]).length > 0,
      `${at}.${name}`,
      profile[name],
      'a list with one entry at least',
      'Begin with a ready profile, as `{ ...OKTA }`, and change what is different.',
    );
  }
  problems.expect(
    isText(profile.tokenId),
    `${at}.tokenId`,
    profile.tokenId,
    'the name of a claim',
    'Name the claim that no two tokens share, as `jti`.',
  );
  if (profile.audience === null) return;
  const { claim, accepted } = profile.audience ?? {};
  problems.expect(
    isText(claim) && !CHECKED_ANYWAY.includes(claim),
    `${at}.audience.claim`,
    claim,
    `the name of a claim, and none of ${CHECKED_ANYWAY.join(', ')}`,
    'Name the claim that says what a token is for, as `aud` or `client_id`.',
  );
  problems.expect(
    listOf(accepted).length > 0 && listOf(accepted).every((one) => isText(one) && one.length <= 256),
    `${at}.audience.accepted`,
    accepted,
    'one value at least, of 256 characters at most each',
    'List the client ids, or the audience, that the identity provider has for this gateway: without one nobody gets in.',
  );
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
