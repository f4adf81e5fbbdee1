import { Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { functionRoleArns } from '../names.ts';

/** Principals that may access the data of an environment. */
export interface DataAccess {
  readonly environmentName: string;
  /** ARNs of roles that may access data in addition to the functions' roles. */
  readonly dataOperators: readonly string[];
}

type ProtectedBucket = Pick<IBucket, 'arnForObjects' | 'bucketArn'>;

/** Every action on items of a table, PartiQL included. No action that a deployment or an administrator needs. */
const ITEM_ACTIONS = [
  'dynamodb:BatchGetItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:ConditionCheckItem',
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:PartiQLDelete',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLSelect',
  'dynamodb:PartiQLUpdate',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:Scan',
  'dynamodb:UpdateItem',
];

/**
 * Every supported action that copies a whole table to a place without this policy. DynamoDB rejects a table policy, and
 * with it the deployment, if it names an action that table policies do not support.
 * `test/lib/state/data-access-policy.test.ts` lists the unsupported actions and explains each.
 */
const COPY_ACTIONS = [
  'dynamodb:CreateBackup',
  'dynamodb:EnableKinesisStreamingDestination',
  'dynamodb:ExportTableToPointInTime',
  'dynamodb:RestoreTableToPointInTime',
  'dynamodb:UpdateKinesisStreamingDestination',
];

/**
 * Actions that change or delete items that are there. `BatchWriteItem` puts and deletes, and PartiQL has its own actions.
 */
const CHANGE_ACTIONS = [
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteItem',
  'dynamodb:PartiQLDelete',
  'dynamodb:PartiQLUpdate',
  'dynamodb:UpdateItem',
];

/** Actions that add items. A put also replaces an item with the same key, which no policy can forbid. */
const PUT_ACTIONS = ['dynamodb:PartiQLInsert', 'dynamodb:PutItem'];

/** Actions that read records of a stream. */
const RECORD_ACTIONS = ['dynamodb:GetRecords', 'dynamodb:GetShardIterator'];

/** Every action on objects. Deployments and administration of a bucket use none of them. */
const OBJECT_ACTIONS = ['s3:*'];

/** Actions that read objects, replication included. Writing stays allowed: the writer may be an AWS service without a role. */
const READ_ACTIONS = ['s3:GetObject*'];

/** Actions that start copying objects to another bucket. */
const REPLICATION_ACTIONS = ['s3:PutReplicationConfiguration'];

/**
 * Table policy that denies item access to every principal except the environment's functions and data operators. It
 * grants nothing: each role still needs its own permissions.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html
 */
export const denyItemAccess = (scope: Construct, dataAccess: DataAccess): PolicyDocument =>
  // The policy is a property of the table, so it cannot refer to the table's ARN. `*` covers only this table and its indexes.
  new PolicyDocument({ statements: [deny(scope, dataAccess, [...ITEM_ACTIONS, ...COPY_ACTIONS], ['*'])] });

/**
 * Statements of a table to which items are only added. Every principal is denied changing and deleting items. Only functions
 * may add items: an operator of data must not be able to write an entry about another operator.
 */
export const denyItemChanges = (scope: Construct, dataAccess: DataAccess): PolicyStatement[] => [
  new PolicyStatement({
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: CHANGE_ACTIONS,
    resources: ['*'],
  }),
  deny(scope, { ...dataAccess, dataOperators: [] }, PUT_ACTIONS, ['*']),
];

/** Tag of a function's role, with the name of the function. */
export const FUNCTION_TAG = 'postern:function';

/** Writes that no function makes in the table of signing keys. */
const UNUSED_WRITE_ACTIONS = [
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteItem',
  'dynamodb:PartiQLDelete',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
];

/**
 * Statements of the table of signing keys. Data operators may copy the table, and neither read nor write its items: a key that
 * an operator could put there would sign tokens for every task. One function puts items. It updates them, and so do those that
 * retire a key.
 */
export const limitKeyWriters = (scope: Construct, dataAccess: DataAccess): PolicyStatement[] => [
  deny(scope, { ...dataAccess, dataOperators: [] }, ITEM_ACTIONS, ['*']),
  new PolicyStatement({
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: UNUSED_WRITE_ACTIONS,
    resources: ['*'],
  }),
  denyExceptTo(['rotate-signing-key'], ['dynamodb:PutItem']),
  denyExceptTo(['rotate-signing-key', 'operator-api', 'console'], ['dynamodb:UpdateItem']),
];

/**
 * Statement of a key policy that denies every use of a key to all but the functions of the environment, to administrators too.
 * Administration of the key stays allowed.
 */
export const denyKeyUse = (scope: Construct, environmentName: string): PolicyStatement =>
  deny(scope, { environmentName, dataOperators: [] }, KEY_ACTIONS, ['*']);

/**
 * Statements of the policy of the key of workflow tokens: one function encrypts, another one decrypts, and no principal uses the
 * key in another way.
 */
export const limitTokenReaders = (): PolicyStatement[] => [
  denyExceptTo(['create-task'], ['kms:Encrypt']),
  denyExceptTo(['resume'], ['kms:Decrypt']),
  new PolicyStatement({
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['kms:GenerateDataKey*', 'kms:ReEncrypt*'],
    resources: ['*'],
  }),
];

/** Every action that encrypts or decrypts with a symmetric key. */
const KEY_ACTIONS = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'];

/** The tag is compared in addition to the path of the role, so that a tag alone opens nothing. */
const denyExceptTo = (functions: readonly string[], actions: string[]): PolicyStatement =>
  new PolicyStatement({
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions,
    resources: ['*'],
    conditions: { StringNotEquals: { [`aws:PrincipalTag/${FUNCTION_TAG}`]: functions } },
  });

/** Stream policy that denies access to records. */
export const denyRecordAccess = (scope: Construct, dataAccess: DataAccess): PolicyDocument =>
  new PolicyDocument({ statements: [deny(scope, dataAccess, RECORD_ACTIONS, ['*'])] });

/** Bucket statements that deny access to objects and their replication. Lifecycle rules are not affected by policies. */
export const denyObjectAccess = (
  scope: Construct,
  dataAccess: DataAccess,
  bucket: ProtectedBucket,
): PolicyStatement[] => [
  deny(scope, dataAccess, OBJECT_ACTIONS, [bucket.arnForObjects('*')]),
  deny(scope, dataAccess, REPLICATION_ACTIONS, [bucket.bucketArn]),
];

/** Bucket statements that deny reading and replication only, for a bucket that an AWS service writes to. */
export const denyObjectRead = (
  scope: Construct,
  dataAccess: DataAccess,
  bucket: ProtectedBucket,
): PolicyStatement[] => [
  deny(scope, dataAccess, READ_ACTIONS, [bucket.arnForObjects('*')]),
  deny(scope, dataAccess, REPLICATION_ACTIONS, [bucket.bucketArn]),
];

const deny = (scope: Construct, dataAccess: DataAccess, actions: string[], resources: string[]): PolicyStatement =>
  new PolicyStatement({
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions,
    resources,
    conditions: {
      ArnNotLike: {
        'aws:PrincipalArn': [
          functionRoleArns(Stack.of(scope), dataAccess.environmentName),
          ...dataAccess.dataOperators,
        ],
      },
    },
  });
