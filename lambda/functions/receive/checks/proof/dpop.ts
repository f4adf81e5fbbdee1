import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose';
import { CLOCK_TOLERANCE_SECONDS, DPOP_WINDOW_SECONDS, MAX_DPOP_PROOF_CHARS } from '../../../../contract/limits.ts';
import { algorithmsOf, type DpopProof, PRIVATE_JWK_MEMBERS, PROOF_KEY_KINDS } from '../../../../contract/proofs.ts';
import { type CompactToken, parseCompactToken } from '../../../../shared/callback-token/compact.ts';
import { orUnavailable } from '../../../../shared/or-unavailable.ts';
import { type Refusal, refuse } from '../../../../shared/refusal.ts';
import { proofKey } from '../../../../shared/tables/hashed-keys.ts';
import { createNonces } from './nonces.ts';
import { type CreateProof, describeClock, type ProvenCallback, SHOWN } from './proof.ts';

/** RFC 9449 §4.2. */
const PROOF_TYPE = 'dpop+jwt';

const ALGORITHMS = PROOF_KEY_KINDS.flatMap(({ algorithms }) => algorithms).join(' ');

/**
 * Proof `dpop` (RFC 9449): the callback token comes with scheme `DPoP`, and a proof that was signed for this very request
 * by the key that the token is bound to.
 */
export const createProof: CreateProof<DpopProof> = ({ records, variables: { POSTERN_ORIGIN: origin } }) => {
  const nonces = createNonces(records);

  return {
    verify: async (callback) => {
      const { claims, found, now, processor, request } = callback;
      if (found.inHeaderOfItsOwn || found.scheme !== 'dpop') {
        return refuseProof('proof_missing', 'the bound token came as a bearer token', {
          detail:
            'The token is bound to a key: send it as `Authorization: DPoP TOKEN`, with a proof in the header DPoP.',
        });
      }
      const [proof, ...others] = request.header('DPoP');
      if (proof === undefined)
        return refuseProof('proof_missing', 'no DPoP header', { detail: 'The header DPoP is missing.' });
      if (others.length > 0)
        return refuseProof('proof_invalid', 'more than one DPoP header', {
          detail: 'The header DPoP came more than once.',
        });

      const parsed = parseCompactToken(proof.trim(), MAX_DPOP_PROOF_CHARS);
      if (parsed === undefined) {
        const reason = 'not a canonical compact JWS of JSON objects';
        return refuseProof('proof_invalid', reason, { detail: 'The proof is not a compact JWS of JSON objects.' });
      }
      const jkt = claims.cnf?.jkt;
      const fault =
        (await findKeyFault(proof.trim(), parsed, jkt)) ??
        findClaimFault(parsed.claims, callback, origin + request.path);
      if (fault !== undefined) {
        const { iat } = parsed.claims;
        const isClock = fault === NOT_NOW && Number.isSafeInteger(iat);
        const detail = isClock ? describeClock('iat', iat as number, now, DPOP_WINDOW_SECONDS) : `The proof: ${fault}.`;
        return refuseProof('proof_invalid', fault, { detail });
      }

      const headers: Record<string, string> = {};
      if (processor.proof.nonce) {
        const key = String(jkt);
        const nonce = await orUnavailable('store', nonces.issue(key, now));
        if (!(await orUnavailable('store', nonces.isGood(parsed.claims.nonce, key, now)))) {
          return refuseProof('proof_invalid', 'it holds no nonce of ours that is still good', {
            detail: 'The proof needs the nonce of the header DPoP-Nonce of this answer.',
            error: 'use_dpop_nonce',
            nonce,
          });
        }
        headers['DPoP-Nonce'] = nonce;
      }
      const { iat, jti } = parsed.claims as { iat: number; jti: string };
      const first = await orUnavailable(
        'store',
        // Until it is too old by the clock of any instance.
        records.recordOnce(proofKey('dpop', String(jkt), jti), iat + DPOP_WINDOW_SECONDS + CLOCK_TOLERANCE_SECONDS),
      );
      return first
        ? { ...SHOWN, headers }
        : refuseProof('proof_invalid', 'the proof was used before', {
            detail: 'The proof was used before: make one with another jti.',
          });
    },
  };
};

/** The one fault that has numbers. */
const NOT_NOW = 'iat is not now';

/** RFC 9449 §7.1: the challenge has the scheme `DPoP`, and says which algorithms are accepted. */
const refuseProof = (
  code: 'proof_missing' | 'proof_invalid',
  reason: string,
  {
    detail,
    error = 'invalid_dpop_proof',
    nonce,
  }: { readonly detail: string; readonly error?: string; readonly nonce?: string },
): Refusal =>
  refuse(code, reason, {
    detail,
    challenge: {
      scheme: 'DPoP',
      parameters: { error, algs: ALGORITHMS },
      ...(nonce !== undefined && { headers: { 'DPoP-Nonce': nonce } }),
    },
  });

/** RFC 9449 §4.3, items 4 to 7 and 12b: explicit type, the key that the token is bound to, and its signature. */
const findKeyFault = async (proof: string, { header }: CompactToken, jkt: unknown): Promise<string | undefined> => {
  if (header.typ !== PROOF_TYPE) return 'typ is not that of a DPoP proof';
  if (Object.hasOwn(header, 'crit')) return 'crit is not accepted';
  const { alg, jwk } = header;
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return 'no jwk';
  if (PRIVATE_JWK_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return 'jwk holds a private key';
  if (typeof alg !== 'string' || !algorithmsOf(jwk).includes(alg)) return 'alg is not that of an accepted key';
  try {
    if ((await calculateJwkThumbprint(jwk as JWK)) !== jkt) return 'jwk is not the key that the token is bound to';
    await compactVerify(proof, await importJWK(jwk as JWK, alg), { algorithms: [alg] });
  } catch {
    return 'the signature does not fit the key';
  }
  return undefined;
};

/** RFC 9449 §4.3, items 3, 8, 9, 11 and 12a: made for this request, this token, and now. */
const findClaimFault = (
  { ath, htm, htu, iat, jti }: CompactToken['claims'],
  { found, now, request }: Pick<ProvenCallback, 'found' | 'now' | 'request'>,
  url: string,
): string | undefined => {
  if (typeof jti !== 'string' || jti === '') return 'no jti';
  if (htm !== request.method) return 'htm is not the method of the request';
  if (typeof htu !== 'string' || !isSameUrl(htu, url)) return 'htu is not the URL of the request';
  if (!Number.isSafeInteger(iat) || Math.abs((iat as number) - now) > DPOP_WINDOW_SECONDS) return NOT_NOW;
  if (ath !== createHash('sha256').update(found.token).digest('base64url')) return 'ath is not that of the token';
  return undefined;
};

/** Without query and fragment, after the normalisation of RFC 3986 §6.2.2 and §6.2.3. */
const isSameUrl = (htu: string, url: string): boolean => {
  if (!URL.canParse(htu)) return false;
  const named = new URL(htu);
  named.search = '';
  named.hash = '';
  return named.href === new URL(url).href;
};
