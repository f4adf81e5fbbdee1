import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { CallbackTokenAlgorithm } from '../../contract/claims.ts';
import { hasTimeToSign, type SigningKeyItem, signingKeyAt, signingKeyContext } from '../../contract/signing-keys.ts';
import type { GetTokenSigner, TokenSigner } from './signer.ts';
import { thumbprintOf } from './thumbprint.ts';

/** What signing needs of a key. */
export type EncryptedSigningKey = Pick<
  SigningKeyItem,
  'kid' | 'alg' | 'id' | 'encryptedPrivateKey' | 'publishedAt' | 'signFrom' | 'signUntil' | 'retiredAt' | 'imported'
>;

/** Decrypts a private key. Returns PKCS #8, DER. */
export type DecryptSigningKey = (
  encryptedPrivateKey: Uint8Array,
  encryptionContext: ReturnType<typeof signingKeyContext>,
) => Promise<Uint8Array>;

export interface RotatingSignerOptions {
  /** Name of the environment, as in the encryption context of its keys. */
  readonly environment: string;
  /** Returns the keys of the table. Rejects if it has no list that is young enough. */
  readonly keys: () => Promise<readonly EncryptedSigningKey[]>;
  readonly decrypt: DecryptSigningKey;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Creates a signer with the keys of the table. Each call reads the list and the clock, and returns the key that signs now.
 * A private key is decrypted at its first use, and kept while it has time to sign. The first use begins at once, so that a
 * cold start does everything else meanwhile.
 * @returns a function that rejects with the error of the list or of KMS, and if no key signs
 */
export const createRotatingSigner = ({ decrypt, environment, keys, now }: RotatingSignerOptions): GetTokenSigner => {
  const signers = new Map<string, Promise<TokenSigner>>();

  /** Forgets the private keys that never sign again. */
  const forget = (list: readonly EncryptedSigningKey[], seconds: number) => {
    for (const kid of signers.keys()) {
      if (!list.some((key) => key.kid === kid && hasTimeToSign(key, seconds))) signers.delete(kid);
    }
  };

  const load = async (key: EncryptedSigningKey): Promise<TokenSigner> => {
    const { encryptedPrivateKey, id, kid } = key;
    if (encryptedPrivateKey === undefined || id === undefined) {
      throw new SigningKeyError('SigningKeyMissing', `The item of key ${kid} has no private key.`);
    }
    const der = await decrypt(encryptedPrivateKey, signingKeyContext(environment, id));
    return createLocalSigner(key, readPrivateKey(der, kid));
  };

  const signerOf = (key: EncryptedSigningKey): Promise<TokenSigner> => {
    const known = signers.get(key.kid);
    if (known !== undefined) return known;
    const loading = load(key);
    signers.set(key.kid, loading);
    // Callers get the failure, and the next one tries again.
    loading.catch(() => signers.get(key.kid) === loading && signers.delete(key.kid));
    return loading;
  };

  const getSigner: GetTokenSigner = async () => {
    const list = await keys();
    const seconds = Math.floor(now() / 1_000);
    forget(list, seconds);
    const key = signingKeyAt(list, seconds);
    if (key === undefined) {
      throw new SigningKeyError('NoSigningKey', `${list.length} keys, each over, retired or too young to sign.`);
    }
    return signerOf(key);
  };

  getSigner().catch(() => undefined);
  return getSigner;
};

/** The log has the name only. */
class SigningKeyError extends Error {
  constructor(
    name: 'NoSigningKey' | 'SigningKeyMissing' | 'SigningKeyMismatch' | 'SigningKeyUnreadable',
    message: string,
  ) {
    super(message);
    this.name = name;
  }
}

/**
 * Reads a private key, and checks that it is the one that the list announces: the encryption context has the key's random
 * id, not its public half.
 * @throws {Error} without any part of the key in its message
 */
const readPrivateKey = (der: Uint8Array, kid: string): KeyObject => {
  const privateKey = parsePrivateKey(der);
  const thumbprint = thumbprintOf(createPublicKey(privateKey).export({ format: 'jwk' }));
  if (thumbprint !== kid) {
    throw new SigningKeyError('SigningKeyMismatch', `The private key of ${kid} has the thumbprint ${thumbprint}.`);
  }
  return privateKey;
};

const parsePrivateKey = (der: Uint8Array): KeyObject => {
  try {
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  } catch {
    // Without the cause: its message may describe the bytes.
    throw new SigningKeyError('SigningKeyUnreadable', 'A decrypted signing key is not PKCS #8.');
  }
};

const SIGN: Readonly<Record<CallbackTokenAlgorithm, (input: Uint8Array, key: KeyObject) => Uint8Array>> = {
  ES256: (input, key) => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }),
  // The default padding of Node for RSA keys is RSASSA-PKCS1-v1_5 (RFC 7518 §3.3).
  RS256: (input, key) => sign('sha256', input, key),
};

const createLocalSigner = ({ alg, kid, publishedAt }: EncryptedSigningKey, privateKey: KeyObject): TokenSigner => ({
  alg,
  kid,
  publishedAt,
  sign: async (signingInput) => SIGN[alg](signingInput, privateKey),
});
