import { createPrivateKey, type JsonWebKey, sign } from 'node:crypto';
import { createGetPublicKey } from '../../lambda/shared/aws/kms.ts';
import { createKmsCall } from '../../lambda/shared/aws/kms-call.ts';
import { createSignDigest } from '../../lambda/shared/aws/kms-sign.ts';
import { createKmsSigner } from '../../lambda/shared/callback-token/kms-signer.ts';
import { fetchPublicKeys } from '../../lambda/shared/callback-token/public-keys.ts';
import type { TokenSigner } from '../../lambda/shared/callback-token/signer.ts';
import type { ReadyFile } from '../../local/ready-file.ts';
import { LOCAL_ENVIRONMENT } from './engine.ts';

/** Signs any claims with the key that signs now, by what the ready file of a running gateway has. */
export const readySigner = async ({ kms, signing }: Pick<ReadyFile, 'kms' | 'signing'>): Promise<TokenSigner> => {
  if (signing !== undefined) {
    const privateKey = createPrivateKey({ key: signing.privateJwk as JsonWebKey, format: 'jwk' });
    return {
      alg: 'ES256',
      kid: signing.kid,
      sign: async (input) => sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    };
  }
  if (kms === undefined) throw new Error('The ready file has no key, because no key signs now.');
  const call = createKmsCall({ environment: { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_KMS: kms.endpoint } });
  const [publicKey] = await fetchPublicKeys(createGetPublicKey(call), [kms.keyId]);
  if (publicKey === undefined) throw new Error(`There is no key ${kms.keyId}.`);
  return createKmsSigner(createSignDigest(call), kms.keyId, publicKey);
};
