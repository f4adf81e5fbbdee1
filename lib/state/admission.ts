import { Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { functionRoleArns } from '../functions/function-roles.ts';

/** Who may read and write what an environment keeps. */
export interface Admitted {
  readonly environmentName: string;
  /** ARNs of roles beside those of the functions. */
  readonly dataOperators: readonly string[];
}

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

/** What shows records of a stream. */
const RECORD_ACTIONS = ['dynamodb:GetRecords', 'dynamodb:GetShardIterator'];

/** Every way to objects and their versions. */
const OBJECT_ACTIONS = [
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:GetObject',
  's3:GetObjectVersion',
  's3:PutObject',
];

/** What shows objects. Who puts them may be a service, which is no role of anybody's. */
const READ_ACTIONS = ['s3:GetObject', 's3:GetObjectVersion'];

/**
 * A policy of a table that keeps everybody from its items who is neither a function of the environment nor an operator
 * of its data. It allows nothing: each role still needs a right of its own.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html
 */
export const itemsForAdmitted = (scope: Construct, admitted: Admitted): PolicyDocument =>
  // A policy cannot name the table that it is a property of; it holds for this table and its indexes alone.
  new PolicyDocument({ statements: [denied(scope, admitted, ITEM_ACTIONS, ['*'])] });

/** The same for the records of a table's stream. */
export const recordsForAdmitted = (scope: Construct, admitted: Admitted): PolicyDocument =>
  new PolicyDocument({ statements: [denied(scope, admitted, RECORD_ACTIONS, ['*'])] });

/** The same for the objects of a bucket. */
export const objectsForAdmitted = (scope: Construct, admitted: Admitted, objects: string): PolicyStatement =>
  denied(scope, admitted, OBJECT_ACTIONS, [objects]);

/** The same for reading the objects of a bucket that a service writes to. */
export const readingForAdmitted = (scope: Construct, admitted: Admitted, objects: string): PolicyStatement =>
  denied(scope, admitted, READ_ACTIONS, [objects]);

const denied = (scope: Construct, admitted: Admitted, actions: string[], resources: string[]): PolicyStatement =>
  new PolicyStatement({
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions,
    resources,
    conditions: {
      ArnNotLike: {
        'aws:PrincipalArn': [functionRoleArns(Stack.of(scope), admitted.environmentName), ...admitted.dataOperators],
      },
    },
  });
