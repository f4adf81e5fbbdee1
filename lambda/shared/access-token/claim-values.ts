import type { JWTPayload } from 'jose';
import type { ClaimPath, WordsClaim } from '../../contract/access-token-profile.ts';

/** The words that a claim lists; none where it is not there, or of another form. */
export const wordsAt = (claims: JWTPayload, place: WordsClaim): readonly string[] => {
  if (place.text !== undefined) {
    const value = valueAt(claims, place.text);
    return typeof value === 'string' ? value.split(' ') : [];
  }
  const value = valueAt(claims, place.array);
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : [];
};

const valueAt = (claims: JWTPayload, path: ClaimPath): unknown =>
  path.reduce<unknown>(
    (inside, name) =>
      // hasOwn: a name of Object.prototype is no claim.
      typeof inside === 'object' && inside !== null && Object.hasOwn(inside, name)
        ? (inside as Record<string, unknown>)[name]
        : undefined,
    claims,
  );
