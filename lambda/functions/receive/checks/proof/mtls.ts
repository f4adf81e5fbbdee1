import { createHash, X509Certificate } from 'node:crypto';
import { CERTIFICATE_HEADER_PREFIX } from '../../../../contract/certificate-header.ts';
import type { MtlsProof } from '../../../../contract/proofs.ts';
import { isRefusal, type Refusal, refuse } from '../../../../shared/refusal.ts';
import { type CreateProof, PROOF_OK } from './proof.ts';

const FIRST_CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/;

/**
 * Proof `mtls` (RFC 8705 §3): the connection was made with the key of the certificate that the token is bound to. The
 * load balancer has verified possession of the key. The issuer does not matter, because the thumbprint identifies the
 * certificate.
 */
export const createProof: CreateProof<MtlsProof> = ({ variables }) => {
  const { MUTUAL_TLS_TARGET_GROUP: targetGroup } = variables;
  const header = headerOf(variables.MUTUAL_TLS_HEADER);
  return {
    verify: async ({ claims, now, request }) => {
      // At the other listener the caller can write this header itself.
      if (request.targetGroup !== targetGroup) {
        return refuse('proof_missing', 'not by the listener that asks for certificates', {
          detail:
            'The request did not come by the port that asks for client certificates: use the callback URL as it was given.',
        });
      }
      const [line, ...others] = request.header(header);
      if (line === undefined) {
        return refuse('proof_missing', 'no client certificate', {
          detail: 'No client certificate came with the connection.',
        });
      }
      const certificate = others.length === 0 ? readCertificate(line) : NO_CERTIFICATE;
      if (isRefusal(certificate)) return certificate;
      const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url');
      if (thumbprint !== claims.cnf?.['x5t#S256']) {
        return refuse('proof_invalid', 'not the certificate that the token is bound to', {
          detail: 'The client certificate is not the one that the token is bound to.',
        });
      }
      const from = Date.parse(certificate.validFrom);
      const to = Date.parse(certificate.validTo);
      return from <= now * 1000 && now * 1000 < to
        ? PROOF_OK
        : refuse('proof_invalid', 'the certificate has expired, or is not valid yet', {
            detail: 'The client certificate has expired, or is not valid yet.',
          });
    },
  };
};

/**
 * Returns the name of the certificate header. It is secret to this environment: the load balancer's default headers have
 * public names, so a caller could write them itself.
 * @throws {Error} if the name is not one that this environment generated
 */
const headerOf = (name = ''): string => {
  const own = name.startsWith(CERTIFICATE_HEADER_PREFIX) ? name.slice(CERTIFICATE_HEADER_PREFIX.length) : '';
  if (/^[0-9a-f-]{32,}$/.test(own)) return name;
  throw new Error(
    `Environment variable MUTUAL_TLS_HEADER is "${name}"; expected ${CERTIFICATE_HEADER_PREFIX} and 32 or more of ` +
      '[0-9a-f-], as the listener of `mutualTls` has it. Deploy the stack again.',
  );
};

const NO_CERTIFICATE: Refusal = refuse('proof_invalid', 'the header holds no certificate', {
  detail: 'The client certificate cannot be read.',
});

/**
 * Reads a certificate in PEM, URL-encoded except for `+`, `=` and `/`. In verify mode the header has the certificate alone,
 * in passthrough mode the chain with the certificate first.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
 */
const readCertificate = (header: string): X509Certificate | Refusal => {
  // A proxy may join two lines of one header with a comma. An encoded certificate has no comma.
  if (header.includes(',')) return NO_CERTIFICATE;
  try {
    const [pem] = FIRST_CERTIFICATE.exec(decodeURIComponent(header)) ?? [];
    return pem === undefined ? NO_CERTIFICATE : new X509Certificate(pem);
  } catch {
    return NO_CERTIFICATE;
  }
};
