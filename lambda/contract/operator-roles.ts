import type { AccessTokenProfile, WordsClaim } from './access-token-profile.ts';

/**
 * What an operator may do. `operator_read` sees everything but payloads. `operator` sees the same and acts.
 * `operator_payload`, beside one of the others, reveals and downloads payloads.
 */
export const OPERATOR_ROLES = ['operator_read', 'operator', 'operator_payload'] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];

/** Who has one of them may use the console. */
export const CONSOLE_ROLES = ['operator_read', 'operator'] as const satisfies readonly OperatorRole[];

/** Where the identity provider says which roles an operator has. */
export const OPERATOR_ROLE_SOURCES = ['userinfo', 'access-token'] as const;
export type OperatorRoleSource = (typeof OPERATOR_ROLE_SOURCES)[number];

/** How the access tokens of operators are recognised, where their roles are read from them. */
export interface OperatorAccessToken extends Pick<AccessTokenProfile, 'types' | 'algorithms' | 'required'> {
  /** The claim that names the client that the token was issued to. It must be the console's client. */
  readonly clientClaim: string;
}

/**
 * Where the roles of operators are, and which value means which role. An environment takes the ready profile of its
 * provider and says what is its own: `{ ...OKTA_OPERATORS, values: { operator: ['Postern operators'], … } }`.
 */
export interface OperatorRoles {
  /**
   * `userinfo`: in the claims that the load balancer read from the provider's userinfo endpoint and signed.
   * `access-token`: in the operator's access token, which the console verifies with the provider's keys.
   */
  readonly from: OperatorRoleSource;
  /** The claim that lists the values. */
  readonly claim: WordsClaim;
  /** By role, the values of the claim that mean it: names of groups or of roles at the provider. */
  readonly values: Readonly<Record<OperatorRole, readonly string[]>>;
  /** How an access token is recognised; `null` where the roles are in `userinfo`. */
  readonly token: OperatorAccessToken | null;
}

/** Groups or roles at the provider that have the names of the roles here. */
const SAME_NAMES = {
  operator_read: ['operator_read'],
  operator: ['operator'],
  operator_payload: ['operator_payload'],
} as const satisfies OperatorRoles['values'];

/** The claim `roles` of userinfo, with the roles by their own names: the default. */
export const USERINFO_ROLES: OperatorRoles = {
  from: 'userinfo',
  claim: { array: ['roles'] },
  values: SAME_NAMES,
  token: null,
};

/**
 * Amazon Cognito user pools: the groups of the user, in the access token. Userinfo has no groups. Access tokens have no
 * `aud`, and name the app client in `client_id`.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 */
export const COGNITO_OPERATORS: OperatorRoles = {
  from: 'access-token',
  claim: { array: ['cognito:groups'] },
  values: SAME_NAMES,
  token: { types: [null], algorithms: ['RS256'], required: { token_use: 'access' }, clientClaim: 'client_id' },
};

/**
 * Microsoft Entra ID: people by the `sub` of userinfo, which the page of the console shows to who has no role. The load
 * balancer needs an access token that Microsoft Graph takes, because Graph serves userinfo. Such a token is not for us
 * to verify, and Graph's userinfo has neither roles nor groups: `sub`, names, `picture` and `email` are all. For groups,
 * put a Cognito user pool between the two, with Entra ID as its provider.
 * https://learn.microsoft.com/en-us/entra/identity-platform/userinfo
 * https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens
 */
export const ENTRA_ID_OPERATORS: OperatorRoles = {
  from: 'userinfo',
  claim: { text: ['sub'] },
  values: { operator_read: [], operator: [], operator_payload: [] },
  token: null,
};

/**
 * Okta: the claim `groups` of userinfo, by names of groups, with the scope `groups` and a groups claim filter of the app.
 * Access tokens of the org authorization server are opaque to everybody but Okta.
 * https://developer.okta.com/docs/guides/customize-tokens-groups-claim/main/
 */
export const OKTA_OPERATORS: OperatorRoles = {
  from: 'userinfo',
  claim: { array: ['groups'] },
  values: SAME_NAMES,
  token: null,
};

/**
 * Auth0: a custom claim that an Action adds to the ID token, and so to userinfo. Without an `audience` the access token is
 * opaque.
 * https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims
 * https://auth0.com/docs/secure/tokens/access-tokens
 */
export const AUTH0_OPERATORS: OperatorRoles = {
  from: 'userinfo',
  claim: { array: ['https://postern/roles'] },
  values: SAME_NAMES,
  token: null,
};

/**
 * Keycloak: realm roles, in the access token. Userinfo has them only where a mapper adds them. The client must not have
 * lightweight access tokens, which have no roles.
 * https://www.keycloak.org/docs/latest/server_admin/#_protocol-mappers
 */
export const KEYCLOAK_OPERATORS: OperatorRoles = {
  from: 'access-token',
  claim: { array: ['realm_access', 'roles'] },
  values: SAME_NAMES,
  token: { types: ['jwt', 'at+jwt'], algorithms: ['RS256'], required: { typ: 'Bearer' }, clientClaim: 'azp' },
};
