import { isIP } from 'node:net';
import * as v from 'valibot';
import { MAX_HANDSHAKE_URL_CHARS, MAX_PROOF_KEYS } from '../../lambda/contract/proof-limits.ts';
import type { ProofName } from '../../lambda/contract/proofs.ts';
import { byKind, list, object, optional, record, within } from './containers.ts';
import { certificate, publicJwk } from './keys.ts';
import { flag, kind, secretName, text, textOrToken } from './kinds.ts';
import { Description } from './show.ts';

const EXAMPLE = "Write for instance { kind: 'private_key_jwt', clientId: '…' }.";

/** The token alone: its holder may use it. */
export const noProof = object(EXAMPLE, { kind: v.literal('none') });

/** An access token that the processor got from the environment's identity provider with its private key (RFC 7523). */
export const privateKeyJwt = object(EXAMPLE, {
  kind: v.literal('private_key_jwt'),
  /** Id of the processor's client at the identity provider. */
  clientId: textOrToken(
    /^\S{1,255}$/,
    'the id of a client: 1 to 255 characters without blanks',
    'Register a client for the processor at the identity provider, with its public key.',
  ),
});

/** A proof of possession of a key for each request (RFC 9449). */
export const dpop = object(EXAMPLE, {
  kind: v.literal('dpop'),
  /** Public key of the processor. Tokens that were issued before a change stay bound to the old key. */
  publicJwk,
  /**
   * True if each proof must hold a nonce of the gateway, so that no proof can be made in advance. The first request of a
   * client is refused and gets the nonce; clients of RFC 9449 then repeat it. One write an hour and instance.
   * @default false
   */
  nonce: optional(flag('Write true if each proof must hold a nonce, and false if not.'), false),
});

/** An HTTP message signature over method, URL and body (RFC 9421). */
export const httpSignature = object(EXAMPLE, {
  kind: v.literal('http_signature'),
  /**
   * Public keys of the processor by `keyid`, such as `{ 'acme-2026': { kty: 'EC', crv: 'P-256', x: '…', y: '…' } }`. There are
   * several during a key change. `docs/concepts/proofs-and-grades.md` says how to make a JWK from a PEM.
   */
  keys: record(
    {
      of: 'public keys',
      // A string of a structured field (RFC 9421 §2.3), short enough for a header and a log.
      id: /^[!-~]{1,128}$/,
      max: MAX_PROOF_KEYS,
      expected: 'a keyid of 1 to 128 printable characters of ASCII, without blanks',
      remedy: "Write { 'the-keyid': { kty: 'EC', … } }, with the keyid and the public JWK of the processor.",
    },
    publicJwk,
  ),
});

/** A signature of Standard Webhooks, over an id, a time and the body. It has `secretName`, `publicKeys` or both. */
export const standardWebhooks = within(
  object(EXAMPLE, {
    kind: v.literal('standard_webhooks'),
    /**
     * Name of the secret in Secrets Manager with the processor's secret for `v1`: `whsec_…`. During a change it holds several,
     * with blanks between them. 0.40 USD a month.
     * @default no symmetric signature is accepted
     */
    secretName: optional(secretName("Store the processor's whsec_… there.")),
    /**
     * Ed25519 public keys of the processor for `v1a`: `whpk_…`.
     * @default no asymmetric signature is accepted
     */
    publicKeys: optional(
      list(text(/^whpk_[A-Za-z0-9+/]{43}=$/, 'whpk_ and 32 bytes in base64', 'Ask the processor for its public key.'), {
        of: 'public keys',
        min: 1,
        max: MAX_PROOF_KEYS,
        remedy: 'List the keys of the processor, or remove `publicKeys`.',
      }),
    ),
  }),
  ({ publicKeys, secretName: secret }) =>
    secret !== undefined || publicKeys !== undefined
      ? []
      : [
          {
            value: new Description('has neither `secretName` nor `publicKeys`'),
            expected: 'one of the two, because they check the signature',
            remedy:
              "Write `secretName`, the name of a secret in Secrets Manager that holds the processor's whsec_…, or `publicKeys`, its whpk_….",
          },
        ],
);

const HANDSHAKE_URL = `Copy the URL that the processor sends: at most ${MAX_HANDSHAKE_URL_CHARS} characters, without user name and fragment.`;

/** A call to an address of the processor, which confirms that the processor started the callback. */
export const webhook = object(EXAMPLE, {
  kind: v.literal('webhook'),
  /**
   * Addresses that may confirm: an origin, as `https://callbacks.acme.example`, or one URL, as
   * `https://callbacks.acme.example/confirm`. An origin allows every URL of it that a caller names; a URL allows itself only.
   * A protected environment accepts URLs with a path only.
   */
  origins: list(
    kind<string>('string', (entry) =>
      isOriginOrUrl(entry)
        ? []
        : [
            {
              expected:
                'https:// and a host name in lower case, with a port unless it is 443, with a path or without ' +
                '(in `local`: http://127.0.0.1 and a port)',
              remedy: HANDSHAKE_URL,
            },
          ],
    ),
    {
      of: 'origins or URLs',
      min: 1,
      max: 8,
      unique: true,
      remedy: 'Ask the processor for the URL that it confirms its calls at, as https://callbacks.acme.example/confirm.',
    },
  ),
});

const PUBLIC_ORIGIN = /^https:\/\/[a-z0-9.-]+(:\d{1,5})?$/;
export const LOOPBACK_ORIGIN = /^http:\/\/127\.0\.0\.1:\d{1,5}$/;

/** True for an origin, and for a URL of one in its canonical form. */
const isOriginOrUrl = (entry: unknown): boolean => {
  if (typeof entry !== 'string' || !URL.canParse(entry) || entry.length > MAX_HANDSHAKE_URL_CHARS) return false;
  const { hash, hostname, href, origin } = new URL(entry);
  const isCanonical =
    entry === origin || (entry === href && href.startsWith(`${origin}/`) && hash === '' && !href.endsWith('#'));
  // No certificate says who owns an IP address.
  const isPublic = PUBLIC_ORIGIN.test(origin) && isIP(hostname) === 0;
  return isCanonical && (isPublic || LOOPBACK_ORIGIN.test(origin));
};

/** A client certificate, which the load balancer asks for (RFC 8705). */
export const mtls = object(EXAMPLE, {
  kind: v.literal('mtls'),
  /**
   * Client certificate of the processor, in PEM. Tokens that were issued before a change stay bound to the old one. The
   * processor's callback URLs have the port of `mutualTls`.
   */
  certificate,
});

/** Proofs by their names. Each has a section on the docs page. */
export const PROOFS = {
  none: noProof,
  private_key_jwt: privateKeyJwt,
  dpop,
  http_signature: httpSignature,
  standard_webhooks: standardWebhooks,
  webhook,
  mtls,
} as const satisfies Readonly<Record<ProofName, unknown>>;

export const proof = byKind(PROOFS, 'docs/process/guide.md describes each of them.');

/** Evidence that the callbacks of a processor carry beside the token, as an environment file writes it. */
export type ProofInput = v.InferInput<typeof proof>;
