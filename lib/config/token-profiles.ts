import * as v from 'valibot';
import type { AccessTokenProfile, ClaimPath, StringListClaim } from '../../lambda/contract/access-token-profile.ts';
import {
  OPERATOR_ROLE_SOURCES,
  OPERATOR_ROLES,
  type OperatorAccessToken,
  type OperatorRoles,
} from '../../lambda/contract/operator-roles.ts';
import { object, optional, within } from './containers.ts';
import { expecting, type Kind, longerThanVariable, oneOf } from './kinds.ts';

/** Asymmetric signatures (RFC 8725 §3.1). */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Claims that the load balancer always checks. It accepts no further value for them. */
const ALWAYS_CHECKED = ['iss', 'exp', 'nbf', 'iat'];

const BEGIN =
  "Begin with a ready profile: import { OKTA } from '@postern/cdk', write { ...OKTA }, and change what is different.";
const HEADER = "Look at the header of an access token of the provider's.";

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';
const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const claimName = (remedy: string): Kind<string> => expecting('string', isName, 'the name of a claim', remedy);

/** A list that is not empty. Nothing else of it is checked. */
const someOf = <T>(shown: string, remedy: string): Kind<readonly T[]> =>
  expecting(shown, (value) => itemsOf(value).length > 0, 'a list with one or more entries', remedy);

const algorithms = (required: readonly string[], because: string, remedy: string): Kind<readonly string[]> =>
  expecting(
    'string[]',
    (value) =>
      itemsOf(value).length > 0 &&
      itemsOf(value).every((one) => ALGORITHMS.includes(`${one}`)) &&
      required.every((one) => itemsOf(value).includes(one)),
    `a list of asymmetric algorithms (${ALGORITHMS.join(', ')})${because}`,
    remedy,
  );

const required = expecting<Readonly<Record<string, string>>>(
  'Record<string, string>',
  (value) =>
    typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string'),
  'an object with a text for each claim; {} for none',
  BEGIN,
);

const words = '{ text: string[] } | { array: string[] }';

const audience = object(BEGIN, {
  claim: expecting<string>(
    'string',
    (value) => isName(value) && !ALWAYS_CHECKED.includes(value),
    `the name of a claim, but not ${ALWAYS_CHECKED.join(', ')}`,
    'Name the claim that holds the audience of a token, as `aud` or `client_id`.',
  ),
  accepted: expecting<readonly string[]>(
    'string[]',
    (value) => itemsOf(value).length > 0 && itemsOf(value).every((one) => isName(one) && one.length <= 256),
    'a list of one or more values, each of 1 to 256 characters',
    'List the audience or the client ids that the identity provider has for this gateway; without one no token is accepted.',
  ),
});

/** The entries of `AccessTokenProfile`, which documents them. */
export const accessTokenProfile: v.GenericSchema<AccessTokenProfile> = within(
  object(BEGIN, {
    types: someOf<string | null>('(string | null)[]', BEGIN),
    algorithms: algorithms(
      ['RS256'],
      ' with RS256, the one that the load balancer checks',
      'Have the identity provider sign access tokens with RS256.',
    ),
    required,
    audience: v.nullable(audience),
    scopes: someOf<StringListClaim>(`(${words})[]`, BEGIN),
    scopePrefix: expecting<string>('string', (value) => typeof value === 'string', "a text; '' for no prefix", BEGIN),
    roles: someOf<StringListClaim | 'scopes'>(`(${words} | 'scopes')[]`, BEGIN),
    clientIds: someOf<string | ClaimPath>('(string | string[])[]', BEGIN),
    tokenId: claimName('Name the claim whose value is different in each token, for example `jti`.'),
  }),
  longerThanVariable('List fewer clients, or have the identity provider write the gateway in `aud`.'),
);

export const AUDIENCE_FORMS = ['text', 'list'] as const;
export type AudienceForm = (typeof AUDIENCE_FORMS)[number];

export const ACCESS_TOKEN_USES = ['many', 'one-time'] as const;

/** Format of senders' access tokens, and the number of uses of each. */
export const accessToken = object('Remove `accessToken`, or write for instance { profile: OKTA }.', {
  /**
   * Format of the identity provider's access tokens: a ready profile of `@postern/cdk`, for example `OKTA`, with the values of
   * this environment.
   * @default `RFC_9068`; with `cognito`, that of the user pool
   */
  profile: optional(accessTokenProfile),
  /**
   * Form of the claim with the audience. The load balancer compares one of the two. Providers that send `aud` as a list
   * even of one value (Keycloak with several audience mappers) need `list`.
   * @default 'text'
   */
  audienceForm: optional(oneOf(AUDIENCE_FORMS, 'Look at `aud` in an access token of the provider.'), 'text'),
  /**
   * Number of requests that each token is accepted for. `one-time` costs one write more per request, and one token of the
   * provider.
   * @default 'many'
   */
  uses: optional(oneOf(ACCESS_TOKEN_USES, 'Choose how often an access token is accepted.'), 'many'),
});

const OPERATORS =
  "Begin with a ready profile: import { OKTA_OPERATORS } from '@postern/cdk', write { ...OKTA_OPERATORS }, and change what is different.";

const operatorValues = expecting<readonly string[]>(
  'string[]',
  (value) => Array.isArray(value) && value.every(isName),
  'a list of values of the claim; empty if no operator has the role',
  'List the groups or roles that mean it at the identity provider.',
);

/** The entries of `OperatorAccessToken`, which documents them. */
export const operatorAccessToken: v.GenericSchema<OperatorAccessToken> = object(OPERATORS, {
  types: expecting<readonly (string | null)[]>(
    '(string | null)[]',
    (value) => itemsOf(value).length > 0,
    'a list with one or more entries; `null` means no `typ`',
    HEADER,
  ),
  algorithms: algorithms([], '', HEADER),
  required,
  clientClaim: claimName('Name the claim that has the id of the client, as `azp` or `client_id`.'),
});

/** The entries of `OperatorRoles`, which documents them. */
export const operatorRoles: v.GenericSchema<OperatorRoles> = within(
  object(OPERATORS, {
    from: oneOf(OPERATOR_ROLE_SOURCES, 'Say where the identity provider puts the roles.'),
    claim: expecting<StringListClaim>(
      words,
      (value) => {
        const claim = (value ?? {}) as Partial<Record<'array' | 'text', unknown>>;
        const path = itemsOf(claim.array ?? claim.text);
        return path.length > 0 && path.every(isName);
      },
      '`array` or `text`, with the names that lead to the claim',
      "Write { array: ['groups'] } for a claim that is a list, { text: ['scope'] } for one with blanks between its words.",
    ),
    values: object(
      OPERATORS,
      Object.fromEntries(OPERATOR_ROLES.map((role) => [role, operatorValues])) as Record<
        (typeof OPERATOR_ROLES)[number],
        Kind<readonly string[]>
      >,
    ),
    token: v.nullable(operatorAccessToken),
  }),
  longerThanVariable('Put people into groups at the identity provider, and list the groups.'),
);
