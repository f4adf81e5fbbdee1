import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose';
import { CLOCK_TOLERANCE_SECONDS } from '../../../../contract/limits.ts';
import { DPOP_WINDOW_SECONDS, MAX_DPOP_PROOF_CHARS } from '../../../../contract/proof-limits.ts';
import { algorithmsOf, type DpopProof, PRIVATE_JWK_MEMBERS, PROOF_KEY_KINDS } from '../../../../contract/proofs.ts';
import { type CompactToken, readCompactToken } from '../../../../shared/callback-token/compact.ts';
import { orUnavailable } from '../../../../shared/or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../../../../shared/refusal.ts';
import { proofKey } from '../../../../shared/tables/hashed-keys.ts';
import { createNonces } from './nonces.ts';
import { type CreateProof, describeClock, PROOF_OK, type ProvenCallback } from './proof.ts';

/** RFC 9449 §4.2. */
const PROOF_TYPE = 'dpop+jwt';

const ALGORITHMS = PROOF_KEY_KINDS.flatMap(({ algorithms }) => algorithms).join(' ');

/**
 * Proof `dpop` (RFC 9449): the callback token comes with scheme `DPoP`, and with a proof for this one request that is
 * signed by the key in the token's `cnf`.
 */
export const createProof: CreateProof<DpopProof> = ({ records, variables: { POSTERN_ORIGIN: origin } }) => {
  const nonces = createNonces(records);

  return {
    verify: async (callback) => {
      const { claims, now, processor, request, token } = callback;
      if (token.fromCallbackTokenHeader || token.scheme !== 'dpop') {
        return refuseProof('proof_missing', 'the bound token came as a bearer token', {
          detail:
            'The token is bound to a key: send it as `Authorization: DPoP TOKEN`, with a proof in the header DPoP.',
        });
      }
      const [header, ...others] = request.header('DPoP');
      if (header === undefined) {
        return refuseProof('proof_missing', 'no DPoP header', { detail: 'The header DPoP is missing.' });
      }
      if (others.length > 0) {
        return refuseProof('proof_invalid', 'more than one DPoP header', {
          detail: 'The header DPoP came more than once.',
        });
      }
      const text = header.trim();
      const proof = readCompactToken(text, MAX_DPOP_PROOF_CHARS, 'proof_invalid');
      if (isRefusal(proof)) {
        const detail = 'The proof is not a compact JWS of JSON objects.';
        return refuseProof('proof_invalid', proof.reason, { detail });
      }
      const jkt = String(claims.cnf?.jkt);
      const verified = (await checkKey(text, proof, jkt)) ?? readClaims(proof.claims, callback, origin + request.path);
      if (isRefusal(verified)) return verified;

      const headers: Record<string, string> = {};
      if (processor.proof.nonce) {
        const nonce = await orUnavailable('store', nonces.issue(jkt, now));
        if (!(await orUnavailable('store', nonces.isGood(proof.claims.nonce, jkt, now)))) {
          return refuseProof('proof_invalid', 'it holds no nonce of ours that is still good', {
            detail: 'The proof needs the nonce of the header DPoP-Nonce of this answer.',
            error: 'use_dpop_nonce',
            nonce,
          });
        }
        headers['DPoP-Nonce'] = nonce;
      }
      // Remembered until the proof is too old by the clock of any instance.
      const expiresAt = verified.iat + DPOP_WINDOW_SECONDS + CLOCK_TOLERANCE_SECONDS;
      const isFirst = await orUnavailable('store', records.recordOnce(proofKey('dpop', jkt, verified.jti), expiresAt));
      return isFirst
        ? { ...PROOF_OK, headers }
        : refuseProof('proof_invalid', 'the proof was used before', {
            detail: 'The proof was used before: make one with another jti.',
          });
    },
  };
};

interface ProofRefusalOptions {
  readonly detail: string;
  readonly error?: string;
  readonly nonce?: string;
}

/** RFC 9449 §7.1: the challenge has the scheme `DPoP` and lists the accepted algorithms. */
const refuseProof = (
  code: 'proof_missing' | 'proof_invalid',
  reason: string,
  { detail, error = 'invalid_dpop_proof', nonce }: ProofRefusalOptions,
): Refusal =>
  refuse(code, reason, {
    detail,
    challenge: {
      scheme: 'DPoP',
      parameters: { error, algs: ALGORITHMS },
      ...(nonce !== undefined && { headers: { 'DPoP-Nonce': nonce } }),
    },
  });

const invalid = (reason: string, detail = `The proof: ${reason}.`): Refusal =>
  refuseProof('proof_invalid', reason, { detail });

/** RFC 9449 §4.3, items 4 to 7 and 12b: explicit type, the key of the token's `cnf`, and its signature. */
const checkKey = async (proof: string, { header }: CompactToken, jkt: string): Promise<Refusal | undefined> => {
  if (header.typ !== PROOF_TYPE) return invalid('typ is not that of a DPoP proof');
  if (Object.hasOwn(header, 'crit')) return invalid('crit is not accepted');
  const { alg, jwk } = header;
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return invalid('no jwk');
  if (PRIVATE_JWK_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return invalid('jwk holds a private key');
  if (typeof alg !== 'string' || !algorithmsOf(jwk).includes(alg)) {
    return invalid('alg is not that of an accepted key');
  }
  try {
    if ((await calculateJwkThumbprint(jwk as JWK)) !== jkt) {
      return invalid('jwk is not the key that the token is bound to');
    }
    await compactVerify(proof, await importJWK(jwk as JWK, alg), { algorithms: [alg] });
  } catch {
    return invalid('the signature does not fit the key');
  }
  return undefined;
};

/** RFC 9449 §4.3, items 3, 8, 9, 11 and 12a: made for this request, this token, and now. */
const readClaims = (
  { ath, htm, htu, iat, jti }: CompactToken['claims'],
  { now, request, token }: ProvenCallback,
  url: string,
): { readonly iat: number; readonly jti: string } | Refusal => {
  if (typeof jti !== 'string' || jti === '') return invalid('no jti');
  if (htm !== request.method) return invalid('htm is not the method of the request');
  if (typeof htu !== 'string' || !isSameUrl(htu, url)) return invalid('htu is not the URL of the request');
  if (typeof iat !== 'number' || !Number.isSafeInteger(iat)) return invalid('iat is not now');
  if (Math.abs(iat - now) > DPOP_WINDOW_SECONDS) {
    return invalid('iat is not now', describeClock('iat', iat, now, DPOP_WINDOW_SECONDS));
  }
  const hash = createHash('sha256').update(token.value).digest('base64url');
  return ath === hash ? { iat, jti } : invalid('ath is not that of the token');
};

/** Compares without query and fragment, after the normalisation of RFC 3986 §6.2.2 and §6.2.3. */
const isSameUrl = (htu: string, url: string): boolean => {
  if (!URL.canParse(htu)) return false;
  const proofUrl = new URL(htu);
  proofUrl.search = '';
  proofUrl.hash = '';
  return proofUrl.href === new URL(url).href;
};
