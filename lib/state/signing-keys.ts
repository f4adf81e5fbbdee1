import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { CallbackTokenAlgorithm } from '../../lambda/contract/claims.ts';
import type { SigningKeyUse } from '../../lambda/contract/signing.ts';
import type { Variables } from '../../lambda/contract/variables.ts';
import type { Environment } from '../config/environment.ts';
import { FIRST_SIGNING_KEY } from '../names.ts';
import { SigningKeyEncryptionKey } from './signing-key-encryption-key.ts';
import type { SigningKeysTable } from './signing-keys-table.ts';

export interface SigningKeysProps {
  readonly environmentName: string;
  readonly signing: Environment['signing'];
  /** Keys in KMS by id. With `kms` one of them has the use `current`. */
  readonly keys: Environment['signingKeys'];
  readonly table: SigningKeysTable;
  /** True if the keys are retained with their stack. Without its key a callback URL stops working. */
  readonly protected: boolean;
}

type KeyVariables = Pick<Variables<'receive'>, 'SIGNING_KEY_IDS' | 'SIGNING_KEYS_TABLE'>;
type SignVariables = Pick<Variables<'create-task'>, 'SIGNING' | 'SIGNING_ENCRYPTION_KEY_ID'> & KeyVariables;
type RetireVariables = Pick<Variables<'operator-api'>, 'SIGNING' | 'SIGNING_KEY_USES'> & KeyVariables;

const KEY_SPECS: Readonly<Record<CallbackTokenAlgorithm, KeySpec>> = {
  ES256: KeySpec.ECC_NIST_P256,
  RS256: KeySpec.RSA_2048,
};

/** Uses of keys whose tokens are accepted, the one that signs first. */
const ACCEPTED_USES: readonly SigningKeyUse[] = ['current', 'next', 'previous'];

/**
 * Keys that sign callback tokens: those of the table, and those in KMS. The setting `signing` decides which of them sign. No
 * private key leaves KMS in clear, except into the memory of the function that signs.
 */
export class SigningKeys extends Construct {
  /** Keys in KMS whose tokens are accepted, the one that signs first. */
  private readonly accepted: readonly { readonly use: SigningKeyUse; readonly key: Key }[];
  private readonly encryptionKey: SigningKeyEncryptionKey;
  readonly #props: SigningKeysProps;

  constructor(scope: Construct, id: string, props: SigningKeysProps) {
    super(scope, id);
    this.#props = props;
    this.encryptionKey = new SigningKeyEncryptionKey(this, 'EncryptionKey', props);
    const keys = Object.entries(props.keys).map(([keyId, { algorithm, use }]) => {
      const key = new Key(this, constructId(keyId), {
        description: 'Signs the callback tokens of Postern',
        keySpec: KEY_SPECS[algorithm],
        keyUsage: KeyUsage.SIGN_VERIFY,
        removalPolicy: props.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      });
      return { use, key };
    });
    // A key that is no longer used is still exported. CloudFormation refuses to remove an export while another stack imports
    // it, so the gateway must drop the import first.
    for (const { key } of [...keys, this.encryptionKey]) Stack.of(this).exportValue(key.keyArn);
    this.accepted = ACCEPTED_USES.flatMap((use) => keys.filter((one) => one.use === use));
  }

  /** Lets a function read the public keys. */
  grantVerify(grantee: IGrantable): KeyVariables {
    return { ...this.#props.table.grantVerify(grantee), ...this.grantReadFromKms(grantee) };
  }

  /** Lets a function sign. It reads the public key of a key in KMS to compute the id of the key. */
  grantSign(grantee: IGrantable): SignVariables {
    const { signing, table } = this.#props;
    if (signing.kind === 'rotating') {
      return {
        SIGNING: 'rotating',
        SIGNING_KEY_IDS: undefined,
        ...table.grantSign(grantee),
        ...this.encryptionKey.grantDecrypt(grantee),
      };
    }
    grantKeys(grantee, ['kms:GetPublicKey', 'kms:Sign'], this.accepted.slice(0, 1));
    return {
      SIGNING: 'kms',
      SIGNING_KEY_IDS: this.acceptedArns(),
      SIGNING_ENCRYPTION_KEY_ID: undefined,
      ...table.variables(),
    };
  }

  /** Lets a function list the keys, and retire keys of the table. */
  grantRetire(grantee: IGrantable): RetireVariables {
    const { signing, table } = this.#props;
    const uses = this.accepted.map(({ use }) => use);
    return {
      SIGNING: signing.kind,
      SIGNING_KEY_USES: signing.kind === 'kms' ? uses : undefined,
      ...table.grantRetire(grantee),
      ...this.grantReadFromKms(grantee),
    };
  }

  /** Lets a function make keys, and put the public halves of keys in KMS into the table. */
  grantRotate(grantee: IGrantable): KeyVariables & Pick<Variables<'rotate-signing-key'>, 'SIGNING_ENCRYPTION_KEY_ID'> {
    const hasKeys = this.accepted.length > 0;
    if (hasKeys) grantKeys(grantee, ['kms:GetPublicKey'], this.accepted);
    return {
      ...this.#props.table.grantRotate(grantee),
      ...this.encryptionKey.grantMakeKeyPairs(grantee),
      SIGNING_KEY_IDS: hasKeys ? this.acceptedArns() : undefined,
    };
  }

  /** With `rotating`, the table has the public half of each key in KMS too. */
  private grantReadFromKms(grantee: IGrantable): Pick<KeyVariables, 'SIGNING_KEY_IDS'> {
    if (this.#props.signing.kind === 'rotating') return { SIGNING_KEY_IDS: undefined };
    grantKeys(grantee, ['kms:GetPublicKey'], this.accepted);
    return { SIGNING_KEY_IDS: this.acceptedArns() };
  }

  private acceptedArns(): readonly string[] {
    return this.accepted.map(({ key }) => key.keyArn);
  }
}

const grantKeys = (grantee: IGrantable, actions: string[], keys: readonly { readonly key: Key }[]): void => {
  Grant.addToPrincipal({ grantee, actions, resourceArns: keys.map(({ key }) => key.keyArn) });
};

/**
 * Construct id of a key. It determines the logical id, which never changes: a key with another logical id is another key.
 * The first key is named `Current` because it once was the only one.
 */
const constructId = (keyId: string): string => (keyId === FIRST_SIGNING_KEY ? 'Current' : `Key-${keyId}`);
