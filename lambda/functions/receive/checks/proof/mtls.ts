import { createHash, X509Certificate } from 'node:crypto';
import { CERTIFICATE_HEADER_PREFIX } from '../../../../contract/certificate-header.ts';
import type { MtlsProof } from '../../../../contract/proofs.ts';
import { refuse } from '../../../../shared/refusal.ts';
import { type CreateProof, SHOWN } from './proof.ts';

const FIRST_CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/;

/**
 * Proof `mtls` (RFC 8705 §3): the connection was made with the key of the certificate that the token is bound to. The
 * load balancer has seen the key at work; who issued the certificate does not matter beside its thumbprint.
 */
export const createProof: CreateProof<MtlsProof> = ({ variables }) => {
  const { MUTUAL_TLS_TARGET_GROUP: targetGroup } = variables;
  const header = headerOf(variables.MUTUAL_TLS_HEADER);
  return {
    verify: async ({ claims, now, request }) => {
      // Behind the other listener this header is what the caller wrote.
      if (request.targetGroup !== targetGroup) {
        return refuse('proof_missing', 'not by the listener that asks for certificates', {
          detail:
            'The request did not come by the port that asks for client certificates: use the callback URL as it was given.',
        });
      }
      const [line, ...others] = request.header(header);
      if (line === undefined)
        return refuse('proof_missing', 'no client certificate', {
          detail: 'No client certificate came with the connection.',
        });
      const certificate = others.length === 0 ? readCertificate(line) : undefined;
      if (certificate === undefined)
        return refuse('proof_invalid', 'the header holds no certificate', {
          detail: 'The client certificate cannot be read.',
        });
      const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url');
      if (thumbprint !== claims.cnf?.['x5t#S256']) {
        return refuse('proof_invalid', 'not the certificate that the token is bound to', {
          detail: 'The client certificate is not the one that the token is bound to.',
        });
      }
      const from = Date.parse(certificate.validFrom);
      const to = Date.parse(certificate.validTo);
      return from <= now * 1000 && now * 1000 < to
        ? SHOWN
        : refuse('proof_invalid', 'the certificate has expired, or is not valid yet', {
            detail: 'The client certificate has expired, or is not valid yet.',
          });
    },
  };
};

/**
 * The one header to read. The load balancer has other headers about certificates, under names that everybody knows: what
 * stands in those may be what the caller wrote.
 * @throws {Error} at a name that is not the environment's own: a typing error must not choose whom to believe
 */
const headerOf = (name = ''): string => {
  const own = name.startsWith(CERTIFICATE_HEADER_PREFIX) ? name.slice(CERTIFICATE_HEADER_PREFIX.length) : '';
  if (/^[0-9a-f-]{32,}$/.test(own)) return name;
  throw new Error(
    `Environment variable MUTUAL_TLS_HEADER is "${name}"; expected ${CERTIFICATE_HEADER_PREFIX} and 32 or more of ` +
      '[0-9a-f-], as the listener of `mutualTls` has it. Deploy the stack again.',
  );
};

/**
 * PEM, URL-encoded but for `+`, `=` and `/`. The certificate stands by itself where the load balancer has verified it, and
 * first in its chain where the load balancer only hands it on.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
 */
const readCertificate = (header: string): X509Certificate | undefined => {
  // Two lines of one header may come as one, with a comma between them. Encoded as it is, a certificate has none.
  if (header.includes(',')) return undefined;
  try {
    const [pem] = FIRST_CERTIFICATE.exec(decodeURIComponent(header)) ?? [];
    return pem === undefined ? undefined : new X509Certificate(pem);
  } catch {
    return undefined;
  }
};
