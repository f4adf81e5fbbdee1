import { CAPABILITIES, CAPABILITY_NAMES, callbackAudience, callbackPath } from '../../lambda/contract/capabilities.ts';
import type { Carrier } from '../../lambda/contract/carriers.ts';
import type { CallbackTokenClaims, CallbackTokenHeader } from '../../lambda/contract/claims.ts';
import { CALLBACK_TOKEN_TYPE, PROCESSOR_ROLE } from '../../lambda/contract/claims.ts';
import {
  EXPIRES_IN_SECONDS,
  ID_RANDOM_BYTES,
  MAX_OWNER_CHARS,
  MAX_USES,
  PROCESSOR_ID_CHARS,
  SHORT_CODE_CHARS,
} from '../../lambda/contract/limits.ts';
import { ROUTES } from '../../lambda/contract/routes.ts';

/** 64 bytes of an ES256 signature, 32 of a key's thumbprint (RFC 7518 §3.4, RFC 7638 §3). */
const SIGNATURE_BYTES = 64;
const THUMBPRINT_BYTES = 32;

/** A moment with as many digits as any until the year 2286. */
const A_MOMENT = 9_999_999_999 - EXPIRES_IN_SECONDS.max;

const base64url = (text: string): string => Buffer.from(text).toString('base64url');
const encodedChars = (bytes: number): number => Math.ceil((bytes * 4) / 3);
const id = 'x'.repeat(encodedChars(ID_RANDOM_BYTES));

/**
 * Length in bytes of the longest callback URL of a carrier that any legal task can get: the longest processor id and
 * owner, the longest capability, the most uses. A token in a path is always an ES256 one.
 * @param bound whether its tokens are bound to a certificate, the one proof that goes with a URL
 */
export const longestCallbackUrl = (carrier: Carrier, origin: string, ownerClaim: boolean, bound = false): number => {
  // Its URLs have a port of their own.
  const base = bound ? `${origin}:65535` : origin;
  if (carrier === 'short') {
    return Buffer.byteLength(base + ROUTES.callbackByCode.path.replace('{code}', 'x'.repeat(SHORT_CODE_CHARS)));
  }
  return Math.max(
    ...CAPABILITY_NAMES.map((capability) => {
      const path = callbackPath(capability, id);
      if (carrier === 'header') return Buffer.byteLength(base + path);
      const claims: CallbackTokenClaims = {
        iss: origin,
        aud: callbackAudience(origin, capability),
        sub: 'x'.repeat(PROCESSOR_ID_CHARS.max),
        path,
        res_id: id,
        scope: CAPABILITIES[capability].scope,
        roles: [PROCESSOR_ROLE],
        jti: id,
        iat: A_MOMENT,
        nbf: A_MOMENT,
        exp: A_MOMENT + EXPIRES_IN_SECONDS.max,
        max_uses: CAPABILITIES[capability].closesTaskAs === null ? MAX_USES : 1,
        ...(ownerClaim && { owner: 'x'.repeat(MAX_OWNER_CHARS) }),
        ...(bound && { cnf: { 'x5t#S256': 'x'.repeat(encodedChars(THUMBPRINT_BYTES)) } }),
      };
      const header: CallbackTokenHeader = {
        alg: 'ES256',
        typ: CALLBACK_TOKEN_TYPE,
        kid: 'x'.repeat(encodedChars(THUMBPRINT_BYTES)),
      };
      const token = [JSON.stringify(header), JSON.stringify(claims)].map(base64url).join('.');
      return Buffer.byteLength(`${base}${path}/${token}.`) + encodedChars(SIGNATURE_BYTES);
    }),
  );
};
