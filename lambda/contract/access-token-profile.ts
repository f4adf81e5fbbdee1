/**
 * How an identity provider writes its access tokens. An environment takes the ready profile of its provider and says
 * what is its own: `{ ...COGNITO, audience: { claim: 'client_id', accepted: ['…'] }, scopePrefix: 'https://…/' }`.
 */
export interface AccessTokenProfile {
  /** Accepted `typ`, compared without case, `application/` left off (RFC 7515 §4.1.9); `null` stands for none at all. */
  readonly types: readonly (string | null)[];
  /** Asymmetric ones only (RFC 8725 §3.1). */
  readonly algorithms: readonly string[];
  /** Claims that must have exactly this value: what tells an access token from an ID token where `typ` does not. */
  readonly required: Readonly<Record<string, string>>;
  /**
   * Which tokens are meant for this gateway: those with one of these values in this claim (`aud`, or a claim with the
   * client id where the provider knows no audience). `null`: those with the gateway's origin in `aud`.
   */
  readonly audience: { readonly claim: string; readonly accepted: readonly string[] } | null;
  /** Where scopes are. All of them count. */
  readonly scopes: readonly WordsClaim[];
  /** What stands before each scope's name; a scope without it is none of ours. Empty: nothing. */
  readonly scopePrefix: string;
  /** Where roles are. `scopes`: a scope of the same name stands for the role. All of them count. */
  readonly roles: readonly (WordsClaim | 'scopes')[];
  /** Claims that may name the client; the first that is there does. */
  readonly clientIds: readonly string[];
  /** The claim that no two tokens share: what is remembered where each token is accepted once. */
  readonly tokenId: string;
}

/** Names of members, from the claims inwards: `['realm_access', 'roles']`. */
export type ClaimPath = readonly string[];

/** A claim that lists words: in one text, separated by spaces, or as an array of texts. */
export type WordsClaim =
  | { readonly text: ClaimPath; readonly array?: never }
  | { readonly array: ClaimPath; readonly text?: never };

/** JWT access tokens as RFC 9068 has them: the default. */
export const RFC_9068: AccessTokenProfile = {
  types: ['at+jwt'],
  algorithms: ['RS256', 'PS256', 'ES256'],
  required: {},
  audience: null,
  scopes: [{ text: ['scope'] }],
  scopePrefix: '',
  roles: [{ array: ['roles'] }],
  clientIds: ['client_id', 'azp', 'sub'],
  tokenId: 'jti',
};

/**
 * Amazon Cognito user pools. Tokens of `client_credentials` have neither audience nor groups, so the environment lists
 * the app clients, and a scope `sender` of the gateway's resource server stands for the role. Its `scopePrefix` is the
 * resource server's identifier and a slash.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 */
export const COGNITO: AccessTokenProfile = {
  ...RFC_9068,
  types: [null],
  algorithms: ['RS256'],
  required: { token_use: 'access' },
  audience: { claim: 'client_id', accepted: [] },
  roles: [{ array: ['cognito:groups'] }, 'scopes'],
  clientIds: ['client_id'],
};

/**
 * Microsoft Entra ID, version 2 tokens (version 1 names the client `appid`). An application's permissions are app roles,
 * in `roles`; what was delegated by a user is in `scp`. `aud` is the client id of the API's registration (version 1: its
 * application id URI), so the environment says which.
 * https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference
 */
export const ENTRA_ID: AccessTokenProfile = {
  ...RFC_9068,
  types: ['jwt'],
  algorithms: ['RS256'],
  audience: { claim: 'aud', accepted: [] },
  scopes: [{ text: ['scp'] }, { array: ['roles'] }],
  clientIds: ['azp', 'appid'],
  tokenId: 'uti',
};

/**
 * Okta custom authorization servers whose audience is the gateway's origin. Roles need a claim of that name, or `groups`.
 * https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/
 */
export const OKTA: AccessTokenProfile = {
  ...RFC_9068,
  types: [null, 'jwt', 'at+jwt'],
  algorithms: ['RS256'],
  scopes: [{ array: ['scp'] }],
  roles: [{ array: ['roles'] }, { array: ['groups'] }],
  clientIds: ['cid'],
};

/**
 * Auth0, either token profile, for an API whose identifier is the gateway's origin, with permissions added to its access
 * tokens: a permission `sender` stands for the role. Only its RFC 9068 profile has a `jti`.
 * https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
 */
export const AUTH0: AccessTokenProfile = {
  ...RFC_9068,
  types: ['jwt', 'at+jwt'],
  algorithms: ['RS256', 'PS256'],
  roles: [{ array: ['permissions'] }],
  clientIds: ['azp', 'client_id'],
};

/**
 * Keycloak realms, with an audience mapper that adds the gateway's origin. Realm roles.
 * https://www.keycloak.org/docs/latest/server_admin/#_audience
 */
export const KEYCLOAK: AccessTokenProfile = {
  ...RFC_9068,
  types: ['jwt', 'at+jwt'],
  required: { typ: 'Bearer' },
  roles: [{ array: ['realm_access', 'roles'] }],
  clientIds: ['azp'],
};
