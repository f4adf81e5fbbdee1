import type { AccessTokenProfile, StringListClaim } from './access-token-profile.ts';

/**
 * Roles of operators. `operator_read` sees everything except payloads. `operator` sees the same and may act.
 * `operator_payload`, in addition to one of the others, shows and downloads payloads.
 */
export const OPERATOR_ROLES = ['operator_read', 'operator', 'operator_payload'] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];

/** Roles that give access to the console. An operator needs one of them. */
export const CONSOLE_ROLES = ['operator_read', 'operator'] as const satisfies readonly OperatorRole[];

/** Sources of an operator's roles. */
export const OPERATOR_ROLE_SOURCES = ['userinfo', 'access-token'] as const;
export type OperatorRoleSource = (typeof OPERATOR_ROLE_SOURCES)[number];

/** Checks of an operator's access token, if roles are read from access tokens. */
export interface OperatorAccessToken extends Pick<AccessTokenProfile, 'types' | 'algorithms' | 'required'> {
  /** The claim with the client that the token was issued to. It must be the console's client. */
  readonly clientClaim: string;
}

/**
 * The source of operators' roles, and the values that stand for each role. An environment takes the profile of its
 * provider and overrides what differs: `{ ...OKTA_OPERATORS, values: { operator: ['Postern operators'], … } }`.
 */
export interface OperatorRoles {
  /**
   * `userinfo`: in the claims that the load balancer read from the provider's userinfo endpoint and signed.
   * `access-token`: in the operator's access token, which the console verifies with the provider's keys.
   */
  readonly from: OperatorRoleSource;
  /** The claim with the list of values. */
  readonly claim: StringListClaim;
  /** Values of the claim that stand for each role: names of groups or roles at the provider. */
  readonly values: Readonly<Record<OperatorRole, readonly string[]>>;
  /** Checks of the access token; `null` if the roles come from `userinfo`. */
  readonly token: OperatorAccessToken | null;
}

/** The groups or roles at the provider have the names of our roles. */
const SAME_NAMES = {
  operator_read: ['operator_read'],
  operator: ['operator'],
  operator_payload: ['operator_payload'],
} as const satisfies OperatorRoles['values'];

/** The claim `roles` of userinfo, with our names of the roles: the default. */
export const USERINFO_ROLES: OperatorRoles = {
  from: 'userinfo',
  claim: { array: ['roles'] },
  values: SAME_NAMES,
  token: null,
};

/**
 * Amazon Cognito user pools: the groups of the user, in the access token. Userinfo has no groups. Access tokens have no
 * `aud`, and name the app client in `client_id`. The profile `COGNITO` reads roles from scopes too, so give the groups names
 * that no scope has, and list them in `values`: with `operator_read`, everybody who can ask for that scope has the role.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 */
export const COGNITO_OPERATORS: OperatorRoles = {
  from: 'access-token',
  claim: { array: ['cognito:groups'] },
  values: SAME_NAMES,
  token: { types: [null], algorithms: ['RS256'], required: { token_use: 'access' }, clientClaim: 'client_id' },
};

/**
 * Microsoft Entra ID: a list of people by their `sub` in userinfo. The console shows the `sub` to a person without a role.
 * Groups and roles cannot be used. Microsoft Graph serves userinfo, so the access token is for Graph and we must not verify
 * it, and Graph's userinfo has only `sub`, names, `picture` and `email`. For groups, put a Cognito user pool between the
 * load balancer and Entra ID.
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
 * Okta: the claim `groups` of userinfo with names of groups. It needs the scope `groups` and a groups claim filter of the
 * app. Access tokens of the org authorization server can be read only by Okta.
 * https://developer.okta.com/docs/guides/customize-tokens-groups-claim/main/
 */
export const OKTA_OPERATORS: OperatorRoles = {
  from: 'userinfo',
  claim: { array: ['groups'] },
  values: SAME_NAMES,
  token: null,
};

/**
 * Auth0: a custom claim that an Action adds to the ID token, and therefore to userinfo. Without an `audience` the access
 * token is opaque.
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
 * Keycloak: realm roles in the access token. Userinfo has them only if a mapper adds them. The client must not use
 * lightweight access tokens, because these have no roles.
 * https://www.keycloak.org/docs/latest/server_admin/#_protocol-mappers
 */
export const KEYCLOAK_OPERATORS: OperatorRoles = {
  from: 'access-token',
  claim: { array: ['realm_access', 'roles'] },
  values: SAME_NAMES,
  token: { types: ['jwt', 'at+jwt'], algorithms: ['RS256'], required: { typ: 'Bearer' }, clientClaim: 'azp' },
};
