import { GetPublicKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { GetPublicKey } from './kms.ts';

/** Makes the same call with the SDK's client, for functions that need the SDK anyway. */
export const getPublicKeyBySdk =
  (client: Pick<KMSClient, 'send'>): GetPublicKey =>
  (keyId) =>
    client.send(new GetPublicKeyCommand({ KeyId: keyId }));
