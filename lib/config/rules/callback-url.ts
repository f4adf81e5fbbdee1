import {
  CAPABILITIES,
  CAPABILITY_NAMES,
  callbackAudience,
  callbackPath,
} from '../../../lambda/contract/capabilities.ts';
import type { Carrier } from '../../../lambda/contract/carriers.ts';
import type { CallbackTokenClaims, CallbackTokenHeader } from '../../../lambda/contract/claims.ts';
import { CALLBACK_TOKEN_TYPE, PROCESSOR_ROLE } from '../../../lambda/contract/claims.ts';
import {
  EXPIRES_IN_SECONDS,
  ID_RANDOM_BYTES,
  MAX_CALLBACK_URL_BYTES,
  MAX_OWNER_CHARS,
  MAX_USES,
  PROCESSOR_ID_CHARS,
  SHORT_CODE_CHARS,
} from '../../../lambda/contract/limits.ts';
import { ROUTES } from '../../../lambda/contract/routes.ts';
import type { Rule } from './rule.ts';

/** Bytes of an ES256 signature, and of a key's thumbprint (RFC 7518 §3.4, RFC 7638 §3). */
const SIGNATURE_BYTES = 64;
const THUMBPRINT_BYTES = 32;

/** A time with as many digits as any until the year 2286. */
const A_MOMENT = 9_999_999_999 - EXPIRES_IN_SECONDS.max;

const base64url = (text: string): string => Buffer.from(text).toString('base64url');
const encodedChars = (bytes: number): number => Math.ceil((bytes * 4) / 3);
const id = 'x'.repeat(encodedChars(ID_RANDOM_BYTES));

/**
 * Length in bytes of the longest callback URL that a legal task can get with a carrier: the longest processor id and
 * owner, the longest capability, the most uses. A token in a path is always signed with ES256.
 * @param bound true if its tokens are bound to a certificate, the only proof that goes with a URL
 */
export const longestCallbackUrl = (carrier: Carrier, origin: string, ownerClaim: boolean, bound = false): number => {
  // Such URLs name the port of the listener for certificates.
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

/** Every callback URL must fit into what processors can store. */
export const callbackUrlFits: Rule = ({ domain, ownerClaim, processors }, errors) => {
  if (domain === undefined || ownerClaim === undefined) return;
  const lengths = Object.values(processors ?? {}).flatMap((processor) =>
    (processor?.carriers ?? []).map((carrier) =>
      longestCallbackUrl(carrier, `https://${domain}`, ownerClaim, processor?.proof?.kind === 'mtls'),
    ),
  );
  const longest = Math.max(0, ...lengths);
  errors.expect(
    longest < MAX_CALLBACK_URL_BYTES,
    'domain',
    domain,
    `a domain so short that every callback URL has fewer than ${MAX_CALLBACK_URL_BYTES} bytes; the longest has ${longest}`,
    'Take a shorter domain, set `ownerClaim` to false, or remove the carrier `path` from every processor.',
  );
};
