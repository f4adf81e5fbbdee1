import type { Context } from '../context.ts';
import type { StoredToken } from './token-store.ts';

/** Prints who is signed in where. It has no token. */
export const printIdentity = (
  { io }: Pick<Context, 'io'>,
  { clientId, origin, profile }: { readonly profile: string; readonly origin: string; readonly clientId: string },
  tokens: readonly StoredToken[],
): void => {
  const scopes = [...new Set(tokens.flatMap((token) => token.scopes))];
  const expiresAt = tokens.map((token) => token.expiresAt).toSorted()[0];
  io.print({ profile, origin, clientId, scopes, expiresAt }, () =>
    [
      `profile  ${profile}`,
      `origin   ${origin}`,
      `client   ${clientId}`,
      `scopes   ${scopes.join(' ')}`,
      `expires  ${expiresAt}`,
    ].join('\n'),
  );
};
