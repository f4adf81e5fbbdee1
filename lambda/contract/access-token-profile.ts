/**
 * The form of an identity provider's access tokens. An environment takes the profile of its provider and overrides what
 * differs: `{ ...COGNITO, audience: { claim: 'client_id', accepted: ['…'] }, scopePrefix: 'https://…/' }`.
 */
export interface AccessTokenProfile {
  /** Accepted `typ`, in any case, without `application/` (RFC 7515 §4.1.9). `null` accepts a token without `typ`. */
  readonly types: readonly (string | null)[];
  /** Accepted signature algorithms, only asymmetric ones (RFC 8725 §3.1). */
  readonly algorithms: readonly string[];
  /** Claims with the exact value they must have. They distinguish an access token from an ID token if `typ` does not. */
  readonly required: Readonly<Record<string, string>>;
  /**
   * The audience check: this claim must have one of these values. The claim is `aud`, or a claim with the client id if the
   * provider has no audience. `null`: `aud` must have the gateway's origin.
   */
  readonly audience: { readonly claim: string; readonly accepted: readonly string[] } | null;
  /** Claims with scopes. The token has the scopes of all of them. */
  readonly scopes: readonly StringListClaim[];
  /** Prefix of our scopes' names. Scopes without it are ignored. May be empty. */
  readonly scopePrefix: string;
  /** Claims with roles. `scopes`: a scope with the name of a role gives the role. The token has the roles of all of them. */
  readonly roles: readonly (StringListClaim | 'scopes')[];
  /** Claims that may name the client: by name, or by path. The first one that is present is used. */
  readonly clientIds: readonly (string | ClaimPath)[];
  /** The claim with the unique id of the token. It is stored if each token is accepted once. */
  readonly tokenId: string;
}

/** Path of member names inside the claims: `['realm_access', 'roles']`. */
export type ClaimPath = readonly string[];

/** A claim with a list: a text with values separated by spaces, or an array of texts. */
export type StringListClaim =
  | { readonly text: ClaimPath; readonly array?: never }
  | { readonly array: ClaimPath; readonly text?: never };

/** JWT access tokens of RFC 9068: the default. */
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
 * Amazon Cognito user pools. Tokens of `client_credentials` have neither audience nor groups. Therefore the environment
 * lists the app clients, and a scope `sender` of the gateway's resource server stands for the role. `scopePrefix` is the
 * identifier of the resource server and a slash.
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
 * Microsoft Entra ID, tokens of version 2. (Version 1 names the client `appid`.) Permissions of an application are app
 * roles, in `roles`. Permissions that a user delegated are in `scp`. `aud` is the client id of the API's registration
 * (version 1: its application id URI), so the environment sets it.
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
 * Okta custom authorization servers with the gateway's origin as audience. Roles come from a claim `roles` or `groups`.
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
 * Auth0 with either token profile. The identifier of the API is the gateway's origin, and permissions are added to access
 * tokens: a permission `sender` stands for the role. Only the RFC 9068 profile has a `jti`.
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

/** Claim with what AWS says about the caller. */
const AWS_CLAIMS = 'https://sts.amazonaws.com/';

/**
 * Tokens of AWS itself, for senders that run in AWS: IAM outbound identity federation. For `senderAccessToken`; its issuer is
 * that of one AWS account. The caller asks for the gateway's origin as audience, and for RS256, which the load balancer checks.
 *
 * The client is the ARN of the role. Scopes and roles are tags of the role, `postern:scopes` and `postern:roles`, with blanks
 * between the values. Never read others: a caller writes `request_tags` itself, and `sub` is not the role in the subject mode
 * `OriginIdentity`. AWS documents no `typ`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
 */
export const AWS_IAM: AccessTokenProfile = {
  ...RFC_9068,
  types: [null, 'jwt'],
  algorithms: ['RS256'],
  scopes: [{ text: [AWS_CLAIMS, 'principal_tags', 'postern:scopes'] }],
  roles: [{ text: [AWS_CLAIMS, 'principal_tags', 'postern:roles'] }],
  clientIds: [[AWS_CLAIMS, 'principal_id']],
};
