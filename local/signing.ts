import { SIGNING_KINDS, type SigningKind } from '../lambda/contract/signing.ts';

/**
 * The way to sign callback tokens: `POSTERN_SIGNING`, or rotating keys.
 * @throws {Error} if the value is unknown
 */
export const readSigning = (environment: Readonly<Record<string, string | undefined>>): SigningKind => {
  const value = environment.POSTERN_SIGNING;
  if (!value) return 'rotating';
  const kind = SIGNING_KINDS.find((name) => name === value);
  if (kind !== undefined) return kind;
  throw new Error(`POSTERN_SIGNING is "${value}"; expected ${SIGNING_KINDS.join(' or ')}.`);
};
