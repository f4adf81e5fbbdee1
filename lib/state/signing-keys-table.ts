import { AttributeType, type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { PUBLIC_KEY_ATTRIBUTES, SIGNING_KEYS_TABLE, type SigningKeyItem } from '../../lambda/contract/signing-keys.ts';
import type { Variables } from '../../lambda/contract/variables.ts';
import { limitKeyWriters } from './data-access-policy.ts';
import type { DataKey } from './data-key.ts';
import type { ProtectedTableProps } from './protected-table.ts';
import { protectedTable } from './protected-table.ts';

/** Attributes that signing needs beside those of verification. */
const PRIVATE_KEY_ATTRIBUTES = ['id', 'encryptedPrivateKey'] as const satisfies readonly (keyof SigningKeyItem)[];

/** Attributes that a retirement may name: the key of the item, and the time. */
const RETIREMENT_ATTRIBUTES = [
  'purpose',
  'generation',
  'retiredAt',
] as const satisfies readonly (keyof SigningKeyItem)[];

/** Attributes that an update of the rotation may name. It cannot undo a retirement. */
const ROTATION_ATTRIBUTES = [
  'purpose',
  'generation',
  'signUntil',
  'verifyUntil',
  'expiresAt',
  ...PRIVATE_KEY_ATTRIBUTES,
] as const satisfies readonly (keyof SigningKeyItem)[];

type TableVariables = Pick<Variables<'receive'>, 'SIGNING_KEYS_TABLE'>;

/**
 * Keys that sign callback tokens. Receivers read it with every setting of `signing`, so that a change of the setting refuses no
 * live token. A role reads only the attributes that its grant names.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
export class SigningKeysTable extends Construct {
  readonly table: TableV2;
  private readonly key: DataKey;

  constructor(scope: Construct, id: string, props: ProtectedTableProps) {
    super(scope, id);
    this.key = props.key;
    this.table = protectedTable(
      this,
      props,
      { ...SIGNING_KEYS_TABLE, sortKeyType: AttributeType.NUMBER },
      { policyStatements: limitKeyWriters(this, props.dataAccess) },
    );
  }

  /** Lets a function read the public keys. */
  grantVerify(grantee: IGrantable): TableVariables {
    return this.grantQuery(grantee, PUBLIC_KEY_ATTRIBUTES);
  }

  /** Lets a function read the encrypted private keys too. */
  grantSign(grantee: IGrantable): TableVariables {
    return this.grantQuery(grantee, [...PUBLIC_KEY_ATTRIBUTES, ...PRIVATE_KEY_ATTRIBUTES]);
  }

  /**
   * Lets a function read the public keys, and retire keys. The update may name the key attributes and `retiredAt`, and must be
   * part of a transaction.
   */
  grantRetire(grantee: IGrantable): TableVariables {
    Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:UpdateItem'],
      resourceArns: [this.table.tableArn],
      conditions: {
        'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...RETIREMENT_ATTRIBUTES] },
        'ForAnyValue:StringEquals': { 'dynamodb:EnclosingOperation': 'TransactWriteItems' },
      },
    });
    this.key.grantWriteTable(grantee);
    return this.grantVerify(grantee);
  }

  /** Lets a function add keys, change their ends, and remove private keys. It reads no private key. */
  grantRotate(grantee: IGrantable): TableVariables {
    const resourceArns = [this.table.tableArn];
    Grant.addToPrincipal({ grantee, actions: ['dynamodb:PutItem'], resourceArns });
    Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:UpdateItem'],
      resourceArns,
      conditions: { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...ROTATION_ATTRIBUTES] } },
    });
    this.key.grantWriteTable(grantee);
    return this.grantQuery(grantee, [...PUBLIC_KEY_ATTRIBUTES, 'id']);
  }

  /** Returns the table's name for a function without access to the table. */
  variables(): TableVariables {
    return { SIGNING_KEYS_TABLE: this.table.tableName };
  }

  private grantQuery(grantee: IGrantable, attributes: readonly string[]): TableVariables {
    Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:Query'],
      resourceArns: [this.table.tableArn],
      conditions: {
        StringEquals: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
        'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...attributes] },
      },
    });
    this.key.grantReadTable(grantee);
    return this.variables();
  }
}
