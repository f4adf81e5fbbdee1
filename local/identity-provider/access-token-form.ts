import { type AccessTokenProfile, RFC_9068 } from '../../lambda/contract/access-token-profile.ts';

/** Format of access tokens, as the environment expects them of its identity provider. */
export interface AccessTokenForm {
  readonly profile: AccessTokenProfile;
  readonly audienceForm: 'text' | 'list';
}

export const RFC_9068_FORM: AccessTokenForm = { profile: RFC_9068, audienceForm: 'text' };

type Claims = Readonly<Record<string, unknown>>;

/**
 * Gives the claims of an access token of RFC 9068 the form of a profile: the same client, scopes and roles in the claims in
 * which the gateway reads them.
 */
export const shapeClaims = (claims: Claims, { audienceForm, profile }: AccessTokenForm): Record<string, unknown> => {
  const { aud, client_id: clientId, jti, roles, scope, ...others } = claims;
  const names = textsOf(roles);
  const [rolesClaim] = profile.roles;
  const scopes = [...String(scope ?? '').split(' '), ...(rolesClaim === 'scopes' ? names : [])].filter(Boolean);
  const prefixed = scopes.map((name) => `${profile.scopePrefix}${name}`);
  const [clientClaim = 'client_id'] = profile.clientIds;
  const shaped: Record<string, unknown> = { ...others, ...profile.required };
  put(shaped, [profile.tokenId], jti);
  put(shaped, typeof clientClaim === 'string' ? [clientClaim] : clientClaim, clientId);
  const audience = profile.audience === null ? { claim: 'aud', accepted: [String(aud)] } : profile.audience;
  const isClient = profile.clientIds.includes(audience.claim);
  const value = isClient ? String(clientId) : (audience.accepted[0] ?? '');
  put(shaped, [audience.claim], audienceForm === 'list' ? [value] : value);
  // The provider signs no token without an audience.
  shaped.aud ??= aud;
  const [scopesClaim] = profile.scopes;
  if (scopesClaim !== undefined && prefixed.length > 0) putList(shaped, scopesClaim, prefixed);
  if (rolesClaim !== undefined && rolesClaim !== 'scopes') putList(shaped, rolesClaim, names);
  return shaped;
};

const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

/** Adds values to a claim with a list. Scopes and roles may share one. */
const putList = (
  claims: Record<string, unknown>,
  claim: Exclude<AccessTokenProfile['roles'][number], 'scopes'>,
  values: readonly string[],
): void => {
  if (claim.text === undefined) put(claims, claim.array, [...textsOf(at(claims, claim.array)), ...values]);
  else put(claims, claim.text, [at(claims, claim.text), ...values].filter(Boolean).join(' '));
};

const at = (claims: Claims, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => (value as Claims | undefined)?.[name], claims);

/** Sets a member by its path. */
const put = (claims: Record<string, unknown>, path: readonly string[], value: unknown): void => {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    claims[name] = value;
    return;
  }
  const inner = { ...(claims[name] as Claims | undefined) };
  put(inner, rest, value);
  claims[name] = inner;
};
