import type { JWTPayload } from 'jose';
import type { ClaimPath, StringListClaim } from '../../contract/access-token-profile.ts';

/** Returns the strings that a claim lists; none if the claim is missing or of another form. */
export const readStringList = (claims: JWTPayload, claim: StringListClaim): readonly string[] => {
  if (claim.text !== undefined) {
    const value = valueAt(claims, claim.text);
    return typeof value === 'string' ? value.split(' ') : [];
  }
  const value = valueAt(claims, claim.array);
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
};

/** Returns the text of a claim, unless it is missing, empty or of another type. */
export const readText = (claims: JWTPayload, claim: string | ClaimPath): string | undefined => {
  const value = valueAt(claims, [claim].flat());
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const valueAt = (claims: JWTPayload, path: ClaimPath): unknown =>
  path.reduce<unknown>(
    (value, name) =>
      // hasOwn: a name of Object.prototype is not a claim.
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined,
    claims,
  );
