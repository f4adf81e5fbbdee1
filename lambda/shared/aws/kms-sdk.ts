import { GetPublicKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { GetPublicKey } from './kms.ts';

/** The same call by the SDK's client, for functions that make others too. */
export const getPublicKeyBySdk =
  (client: Pick<KMSClient, 'send'>): GetPublicKey =>
  (keyId) =>
    client.send(new GetPublicKeyCommand({ KeyId: keyId }));
