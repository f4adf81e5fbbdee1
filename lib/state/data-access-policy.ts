import { Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { functionRoleArns } from '../names.ts';

/** Who may read and write what an environment keeps. */
export interface DataAccess {
  readonly environmentName: string;
  /** ARNs of roles beside those of the functions. */
  readonly dataOperators: readonly string[];
}

type GuardedBucket = Pick<IBucket, 'arnForObjects' | 'bucketArn'>;

/** Every way to items of a table, PartiQL's as well. Nothing that a deployment or an administrator manages a table by. */
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
 * Every way to copy a whole table to a place that has no such policy. DynamoDB refuses a policy, and with it the
 * deployment, that names an action which policies of tables do not support: these are all that they support.
 * `test/lib/state/data-access-policy.test.ts` has the others, each with what it would take.
 */
const COPY_ACTIONS = [
  'dynamodb:CreateBackup',
  'dynamodb:EnableKinesisStreamingDestination',
  'dynamodb:ExportTableToPointInTime',
  'dynamodb:RestoreTableToPointInTime',
  'dynamodb:UpdateKinesisStreamingDestination',
];

/** What shows records of a stream. */
const RECORD_ACTIONS = ['dynamodb:GetRecords', 'dynamodb:GetShardIterator'];

/** Everything that can be done with an object: no deployment and no administration of a bucket touches one. */
const OBJECT_ACTIONS = ['s3:*'];

/** What shows objects, also to replication. Who puts them may be a service, which is no role of anybody's. */
const READ_ACTIONS = ['s3:GetObject*'];

/** What sets up that a bucket's objects are copied to another one. */
const REPLICATION_ACTIONS = ['s3:PutReplicationConfiguration'];

/**
 * A policy of a table that keeps everybody from its items who is neither a function of the environment nor an operator
 * of its data. It allows nothing: each role still needs a right of its own.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html
 */
export const denyItemAccess = (scope: Construct, dataAccess: DataAccess): PolicyDocument =>
  // A policy cannot name the table that it is a property of; it holds for this table and its indexes alone.
  new PolicyDocument({ statements: [denied(scope, dataAccess, [...ITEM_ACTIONS, ...COPY_ACTIONS], ['*'])] });

/** The same for the records of a table's stream. */
export const denyRecordAccess = (scope: Construct, dataAccess: DataAccess): PolicyDocument =>
  new PolicyDocument({ statements: [denied(scope, dataAccess, RECORD_ACTIONS, ['*'])] });

/** The same for a bucket: its objects, and their replication. The rules of its lifecycle go on, whatever a policy says. */
export const denyObjectAccess = (
  scope: Construct,
  dataAccess: DataAccess,
  bucket: GuardedBucket,
): PolicyStatement[] => [
  denied(scope, dataAccess, OBJECT_ACTIONS, [bucket.arnForObjects('*')]),
  denied(scope, dataAccess, REPLICATION_ACTIONS, [bucket.bucketArn]),
];

/** The same for reading the objects of a bucket that a service writes to. */
export const denyObjectRead = (scope: Construct, dataAccess: DataAccess, bucket: GuardedBucket): PolicyStatement[] => [
  denied(scope, dataAccess, READ_ACTIONS, [bucket.arnForObjects('*')]),
  denied(scope, dataAccess, REPLICATION_ACTIONS, [bucket.bucketArn]),
];

const denied = (scope: Construct, dataAccess: DataAccess, actions: string[], resources: string[]): PolicyStatement =>
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
