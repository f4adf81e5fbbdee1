import type { PrivateJwk } from '../../sdk/shared/private-key.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { parseJsonInput, readInput } from '../files.ts';

/** Values of `--proof`. */
const PROOF_KINDS = ['dpop', 'http-signature', 'standard-webhooks', 'private-key-jwt', 'mtls'] as const;

/** Options of each command that calls back. */
export const PROOF_OPTIONS = {
  proof: { doc: 'what the processor shows beside the token', value: 'PROOF', choices: PROOF_KINDS },
  key: {
    doc: 'file with the private key as a JWK, the whsec_ secret, or for mtls the certificate and its key as PEM',
    value: '@FILE',
  },
  clientId: { doc: 'client of the processor, for private-key-jwt', value: 'ID' },
  tokenEndpoint: { doc: 'token endpoint of the identity provider, for private-key-jwt', value: 'URL' },
} as const;

/** For the help of each command that calls back. */
export const PROOF_NOTE =
  'A processor with a proof needs --proof and --key. private-key-jwt also needs --client-id, --issuer and --token-endpoint.';

export interface ProofValues {
  readonly proof: string | undefined;
  readonly key: string | undefined;
  readonly clientId: string | undefined;
  readonly tokenEndpoint: string | undefined;
}

/** A key and what belongs to it, before a proof is made of it. */
export type ProofMaterial =
  | { readonly kind: 'dpop'; readonly privateJwk: PrivateJwk }
  | { readonly kind: 'http-signature'; readonly privateJwk: PrivateJwk; readonly keyId: string }
  | { readonly kind: 'standard-webhooks'; readonly secret: string }
  | ({ readonly kind: 'private-key-jwt'; readonly privateJwk: PrivateJwk } & TokenClient)
  | { readonly kind: 'mtls'; readonly cert: string; readonly key: string };

interface TokenClient {
  readonly clientId: string;
  readonly issuer: string;
  readonly tokenEndpoint: string;
}

/**
 * Reads the options of a proof.
 * @returns undefined without `--proof`
 * @throws {CommandError} `usage`, without the key
 */
export const readProofMaterial = async (context: Context, values: ProofValues): Promise<ProofMaterial | undefined> => {
  const kind = PROOF_KINDS.find((name) => name === values.proof);
  if (kind === undefined) {
    if (values.key === undefined) return undefined;
    throw new CommandError('usage', '--key belongs to a proof.', `Add --proof with one of ${PROOF_KINDS.join(', ')}.`);
  }
  if (values.key === undefined) throw new CommandError('usage', `--proof ${kind} needs --key @FILE.`);
  const bytes = await readInput(context, '--key', values.key);
  const text = new TextDecoder().decode(bytes).trim();
  switch (kind) {
    case 'dpop':
      return { kind, privateJwk: readJwk(bytes) };
    case 'http-signature':
      return { kind, ...readNamedJwk(bytes) };
    case 'standard-webhooks':
      return { kind, secret: text };
    case 'private-key-jwt':
      return { kind, privateJwk: readJwk(bytes), ...readTokenClient(context, values) };
    case 'mtls':
      return { kind, ...readPem(text) };
  }
};

const readJwk = (bytes: Uint8Array): PrivateJwk => {
  const jwk = parseJsonInput('--key', bytes);
  if (typeof jwk === 'object' && jwk !== null && 'kty' in jwk) return jwk as unknown as PrivateJwk;
  throw new CommandError('usage', '--key is no JWK.', 'Give the private key as JSON with a member "kty".');
};

const readNamedJwk = (bytes: Uint8Array) => {
  const privateJwk = readJwk(bytes);
  if (typeof privateJwk.kid === 'string') return { privateJwk, keyId: privateJwk.kid };
  throw new CommandError('usage', '--key has no "kid".', 'Add the name under which the key is registered as "kid".');
};

const readTokenClient = ({ settings }: Context, { clientId, tokenEndpoint }: ProofValues): TokenClient => {
  const { issuer } = settings;
  if (clientId !== undefined && tokenEndpoint !== undefined && issuer !== undefined) {
    return { clientId, tokenEndpoint, issuer };
  }
  throw new CommandError('usage', '--proof private-key-jwt needs --client-id, --issuer and --token-endpoint.');
};

const PEM = /-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----/g;

const readPem = (text: string) => {
  const blocks = [...text.matchAll(PEM)].map(([block, label = '']) => ({
    block,
    isKey: label.endsWith('PRIVATE KEY'),
  }));
  const key = blocks.find(({ isKey }) => isKey)?.block;
  const certificates = blocks.filter(({ isKey }) => !isKey).map(({ block }) => block);
  if (key !== undefined && certificates.length > 0) return { cert: certificates.join('\n'), key };
  throw new CommandError(
    'usage',
    '--key has not both a certificate and a private key in PEM.',
    'Put both into one file.',
  );
};
