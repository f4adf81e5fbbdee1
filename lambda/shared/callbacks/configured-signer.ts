import type { Variables } from '../../contract/variables.ts';
import type { CallDynamoDB } from '../aws/dynamodb.ts';
import type { JsonCall } from '../aws/json-client.ts';
import { createGetPublicKey } from '../aws/kms.ts';
import { createDecrypt } from '../aws/kms-decrypt.ts';
import { createSignDigest } from '../aws/kms-sign.ts';
import { createKmsSigner } from '../callback-token/kms-signer.ts';
import { fetchPublicKeys, loadEagerly } from '../callback-token/public-keys.ts';
import { createRotatingSigner } from '../callback-token/rotating-signer.ts';
import type { GetTokenSigner } from '../callback-token/signer.ts';
import { readSigningKeys } from '../signing-keys/read-signing-keys.ts';
import { createRefreshed } from '../signing-keys/refreshed.ts';

export type SigningVariables = Pick<
  Variables<'create-task'>,
  'POSTERN_ENVIRONMENT' | 'SIGNING' | 'SIGNING_KEYS_TABLE' | 'SIGNING_KEY_IDS' | 'SIGNING_ENCRYPTION_KEY_ID'
>;

export interface SignerDependencies {
  readonly dynamodb: CallDynamoDB;
  /** Client of KMS. */
  readonly kms: JsonCall;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Creates the signer that the environment variables of this function describe. Its first requests begin at once.
 * @throws {Error} if a variable that this way to sign needs has no value
 */
export const configuredSigner = (variables: SigningVariables, dependencies: SignerDependencies): GetTokenSigner =>
  variables.SIGNING === 'rotating' ? signByTable(variables, dependencies) : signByKms(variables, dependencies);

const signByTable = (variables: SigningVariables, { dynamodb, kms, now }: SignerDependencies): GetTokenSigner => {
  const encryptionKey = required(variables, 'SIGNING_ENCRYPTION_KEY_ID');
  const getKeys = createRefreshed({
    read: () => readSigningKeys(dynamodb, variables.SIGNING_KEYS_TABLE, ['id', 'encryptedPrivateKey']),
    now,
  });
  const decrypt = createDecrypt(kms);
  return createRotatingSigner({
    environment: variables.POSTERN_ENVIRONMENT,
    keys: async () => (await getKeys()).value,
    decrypt: (encrypted, context) => decrypt(encryptionKey, encrypted, context),
    now,
  });
};

/** The first key signs. */
const signByKms = (variables: SigningVariables, { kms }: SignerDependencies): GetTokenSigner => {
  const [keyId = ''] = required(variables, 'SIGNING_KEY_IDS');
  return loadEagerly(async () => {
    const [publicKey] = await fetchPublicKeys(createGetPublicKey(kms), [keyId]);
    if (publicKey === undefined) throw new Error(`KMS has no public key of ${keyId}.`);
    return createKmsSigner(createSignDigest(kms), keyId, publicKey);
  });
};

const required = <N extends keyof SigningVariables>(variables: SigningVariables, name: N) => {
  const value = variables[name];
  if (value !== undefined) return value;
  throw new Error(`${name} has no value, and SIGNING is ${variables.SIGNING}. Deploy the stack again.`);
};
