import { createHash, X509Certificate } from 'node:crypto';
import type { MtlsProof } from '../../contract/proofs.ts';
import { refuse } from '../../http/problem.ts';
import { type CreateProof, SHOWN } from './proof.ts';

/**
 * The certificate by itself where the load balancer has verified it, the whole chain where it only hands it on. The other
 * header of the two is not the load balancer's, and so whatever the caller wrote: certificates are no secret.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
 */
const HEADERS = { verify: 'x-amzn-mtls-clientcert-leaf', passthrough: 'x-amzn-mtls-clientcert' } as const;

const FIRST_CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/;

/**
 * Proof `mtls` (RFC 8705 §3): the connection was made with the key of the certificate that the token is bound to. The
 * load balancer has seen the key at work; who issued the certificate does not matter beside its thumbprint.
 */
export const createProof: CreateProof<MtlsProof> = ({ variables }) => {
  const { MUTUAL_TLS_MODE: mode, MUTUAL_TLS_TARGET_GROUP: targetGroup } = variables;
  const header = headerOf(mode);
  return {
    verify: async ({ claims, now, request }) => {
      // Behind the other listener this header is whatever the caller wrote.
      if (request.targetGroup !== targetGroup) {
        return refuse('proof_missing', 'not by the listener that asks for certificates');
      }
      const [line, ...others] = request.header(header);
      if (line === undefined) return refuse('proof_missing', 'no client certificate');
      const certificate = others.length === 0 ? readCertificate(line) : undefined;
      if (certificate === undefined) return refuse('proof_invalid', 'the header holds no certificate');
      const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url');
      if (thumbprint !== claims.cnf?.['x5t#S256']) {
        return refuse('proof_invalid', 'not the certificate that the token is bound to');
      }
      const from = Date.parse(certificate.validFrom);
      const to = Date.parse(certificate.validTo);
      return from <= now * 1000 && now * 1000 < to
        ? SHOWN
        : refuse('proof_invalid', 'the certificate has expired, or is not valid yet');
    },
  };
};

/** @throws {Error} for anything else: a typing error must not choose whom to believe */
const headerOf = (mode: string): string => {
  if (mode === 'verify' || mode === 'passthrough') return HEADERS[mode];
  throw new Error(`Environment variable MUTUAL_TLS_MODE is "${mode}"; expected "verify" or "passthrough".`);
};

/** PEM, URL-encoded but for `+`, `=` and `/`; the leaf comes first. */
const readCertificate = (header: string): X509Certificate | undefined => {
  try {
    const [pem] = FIRST_CERTIFICATE.exec(decodeURIComponent(header)) ?? [];
    return pem === undefined ? undefined : new X509Certificate(pem);
  } catch {
    return undefined;
  }
};
