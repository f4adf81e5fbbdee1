import type { AccessTokenProfile } from '../../lambda/contract/access-token-profile.ts';
import type { AccessTokens } from './environment.ts';
import { ACCESS_TOKEN_USES, AUDIENCE_FORMS } from './environment.ts';
import { Finding, jsonOf, type Problems } from './errors.ts';

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
export const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Half of what Lambda takes for all variables of a function together. */
const MAX_PROFILE_CHARS = 2_048;

/** Claims that the load balancer checks by itself and takes no further value for. */
const CHECKED_ANYWAY = ['iss', 'exp', 'nbf', 'iat'];

const BEGIN =
  'Begin with a ready profile of lambda/contract/access-token-profile.ts, as { ...OKTA }, and change what differs.';

/** Checks how senders' access tokens are read. */
export const checkAccessToken = (problems: Problems, accessToken: AccessTokens): void => {
  const remedy = 'Take `accessToken` out, or write for instance { profile: OKTA }.';
  if (!problems.object('accessToken', accessToken, 'an object with profile, audienceForm or uses', remedy)) return;
  const { profile, audienceForm = 'text', uses = 'many' } = accessToken;
  problems.properties('accessToken', accessToken, PROPERTIES);
  problems.oneOf('accessToken.uses', uses, ACCESS_TOKEN_USES, 'Choose how often an access token is accepted.');
  problems.oneOf(
    'accessToken.audienceForm',
    audienceForm,
    AUDIENCE_FORMS,
    'Look at `aud` in an access token of the provider.',
  );
  if (profile !== undefined) checkProfile(problems, profile);
};

const checkProfile = (problems: Problems, profile: AccessTokenProfile): void => {
  const at = 'accessToken.profile';
  if (!problems.object(at, profile, 'a profile, which is an object', BEGIN)) return;
  problems.properties(at, profile, PROFILE_PROPERTIES);
  const { length } = jsonOf(profile);
  problems.expect(
    length <= MAX_PROFILE_CHARS,
    at,
    new Finding(`has ${length} characters of JSON`),
    `at most ${MAX_PROFILE_CHARS} characters, because an environment variable holds it`,
    'List fewer clients, or have the identity provider write the gateway in `aud`.',
  );
  const algorithms = listOf(profile.algorithms);
  problems.expect(
    algorithms.includes('RS256') && algorithms.every((one) => ALGORITHMS.includes(`${one}`)),
    `${at}.algorithms`,
    profile.algorithms,
    `a list of asymmetric algorithms (${ALGORITHMS.join(', ')}) with RS256, the one that the load balancer checks`,
    'Have the identity provider sign access tokens with RS256.',
  );
  for (const name of ['types', 'scopes', 'roles', 'clientIds'] as const) {
    problems.expect(
      listOf(profile[name]).length > 0,
      `${at}.${name}`,
      profile[name],
      'a list with one or more entries',
      BEGIN,
    );
  }
  problems.expect(
    isText(profile.tokenId),
    `${at}.tokenId`,
    profile.tokenId,
    'the name of a claim',
    'Name the claim whose value is different in each token, as `jti`.',
  );
  if (profile.audience === null) return;
  const { claim, accepted } = (profile.audience ?? {}) as Partial<NonNullable<AccessTokenProfile['audience']>>;
  problems.expect(
    isText(claim) && !CHECKED_ANYWAY.includes(claim),
    `${at}.audience.claim`,
    claim,
    `the name of a claim, but not ${CHECKED_ANYWAY.join(', ')}`,
    'Name the claim that holds the audience of a token, as `aud` or `client_id`.',
  );
  problems.expect(
    listOf(accepted).length > 0 && listOf(accepted).every((one) => isText(one) && one.length <= 256),
    `${at}.audience.accepted`,
    accepted,
    'a list of one or more values, each of 1 to 256 characters',
    'List the audience or the client ids that the identity provider has for this gateway; without one no token is accepted.',
  );
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
