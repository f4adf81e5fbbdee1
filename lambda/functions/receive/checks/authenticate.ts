import { callbackPath } from '../../../contract/capabilities.ts';
import type { Registry } from '../../../contract/registry.ts';
import { isEncrypted, type TokenDecrypter } from '../../../shared/callback-token/token-decrypter.ts';
import type { ExpectedBinding, TokenVerifier, VerifiedToken } from '../../../shared/callback-token/verify.ts';
import type { HttpRequest } from '../../../shared/http/message.ts';
import type { Match } from '../../../shared/http/router.ts';
import { isRefusal, type Refusal } from '../../../shared/refusal.ts';
import { type AuthenticatedCallback, createJsonReader } from '../authenticated-callback.ts';
import { findToken } from './find-token.ts';
import { createContentTypeCheck, readRequestHeaders } from './request-headers.ts';
import { resolveShortCode, type ShortCodeStore } from './resolve-short-code.ts';

export interface AuthenticateOptions {
  readonly registry: Registry;
  readonly verifier: TokenVerifier;
  /** Creates the decrypter at the first encrypted token. `null`: the environment has no encrypted tokens. */
  readonly decrypter: (() => TokenDecrypter) | null;
  readonly store: ShortCodeStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type Authenticate = (request: HttpRequest, match: Match) => Promise<AuthenticatedCallback | Refusal>;

/** Creates steps 1 to 6 of the order of checks: the form of the request, and a genuine token that is bound to this use. */
export const createAuthenticate = (options: AuthenticateOptions): Authenticate => {
  const { decrypter, registry, store, verifier } = options;
  const checkContentType = createContentTypeCheck(registry);

  /** Step 2 for an encrypted token: decrypts it to the signed token inside. */
  const verifyToken = async (
    token: string,
    expected: ExpectedBinding,
    now: number,
  ): Promise<VerifiedToken | Refusal> => {
    if (decrypter === null || !isEncrypted(token)) return verifier.verify(token, expected, now);
    const signed = await decrypter().decrypt(token);
    return isRefusal(signed) ? signed : verifier.verify(signed, expected, now);
  };

  return async (request, { params, route: { access } }) => {
    const capability = access.kind === 'callback' ? access.capability : undefined;
    const mediaType = readRequestHeaders(request);
    if (isRefusal(mediaType)) return mediaType;
    const typeRefusal = checkContentType(request, mediaType, capability);
    if (typeRefusal !== undefined) return typeRefusal;
    const token = findToken(request, params);
    if (isRefusal(token)) return token;

    const milliseconds = options.now();
    const now = Math.floor(milliseconds / 1000);
    const receivedAt = new Date(milliseconds).toISOString();
    const received = { request, token, mediaType, json: createJsonReader(request), now, receivedAt };
    if (capability !== undefined) {
      verifier.refreshKeys();
      const { taskId = '' } = params;
      const path = callbackPath(capability, taskId);
      const verified = await verifyToken(token.value, { carrier: token.carrier, capability, taskId, path }, now);
      return isRefusal(verified) ? verified : { ...received, ...verified, capability, taskId };
    }
    const code = await resolveShortCode(token.value, store);
    if (isRefusal(code)) return code;
    // The capability of a short code is known only now, and with it the content types that it accepts.
    const { claims, expected } = code;
    const verified =
      checkContentType(request, mediaType, expected.capability) ?? verifier.verifyClaims(claims, expected, now);
    if (isRefusal(verified)) return verified;
    return { ...received, ...verified, capability: expected.capability, taskId: expected.taskId };
  };
};
