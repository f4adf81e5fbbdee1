import type { GlobalSecondaryIndexPropsV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { AttributeType, ProjectionType, StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DISPATCH_READ_ATTRIBUTES } from '../../lambda/contract/dispatch-attributes.ts';
import { OPERATOR_READ_ATTRIBUTES } from '../../lambda/contract/operator-attributes.ts';
import { RESUME_READ_ATTRIBUTES } from '../../lambda/contract/resume-attributes.ts';
import {
  BY_DISPATCH_INDEX,
  BY_DUE_INDEX,
  BY_OWNER_INDEX,
  BY_RESOURCE_INDEX,
  OF_APPLICATION_INDEX,
  PENDING_INDEX,
  TASK_INDEXES,
  TASKS_TABLE,
  type TaskIndex,
} from '../../lambda/contract/tables.ts';
import type { TaskItem, TaskLayout } from '../../lambda/contract/task.ts';
import type { Variables } from '../../lambda/contract/variables.ts';
import type { DataKey } from './data-key.ts';
import type { ProtectedTableProps } from './protected-table.ts';
import { grantReadRecords, grantReadStream, protectedTable } from './protected-table.ts';
import { taskIndexes, taskLayout } from './task-indexes.ts';

type TableVariables = Pick<Variables<'reveal-payload'>, 'TASKS_TABLE'>;
type WriterVariables = Pick<Variables<'receive'>, 'TASKS_TABLE' | 'TASK_LAYOUT'>;

/** Attributes of a task that decide if it has expired. */
const EXPIRY_ATTRIBUTES = ['taskId', 'status', 'deadline', 'heartbeatDeadline'];

/** Names in the updates of the function `resume`, and in their conditions. */
const RESUME_WRITTEN_ATTRIBUTES = [
  'taskId',
  'status',
  'closedAt',
  'resume',
  'resumeToken',
  'change',
  'changedAt',
  'sequence',
] as const satisfies readonly (keyof TaskItem)[];

/**
 * Table of tasks. Its stream is the outbox: each change of a task is published from it. Where applications resume workflows, or work is
 * sent to processors, a second function reads it, and no third one may.
 */
export class TasksTable extends Construct {
  readonly table: TableV2;
  /** ARN of the stream of new images. */
  readonly streamArn: string;
  private readonly key: DataKey;
  private readonly layout: TaskLayout;

  constructor(scope: Construct, id: string, props: ProtectedTableProps) {
    super(scope, id);
    this.key = props.key;
    this.layout = taskLayout(this);
    const table = protectedTable(this, props, TASKS_TABLE, {
      // The item itself records what changed, so the old image is not needed and would only cost.
      dynamoStream: StreamViewType.NEW_IMAGE,
      globalSecondaryIndexes: taskIndexes(this).map(indexProps),
    });
    this.table = table;
    // The ARN is defined because the table has a stream.
    this.streamArn = table.tableStreamArn as string;
  }

  /** Lets a function create tasks, count the pending ones, and read and change them to reissue their callbacks. */
  grantOpen(grantee: IGrantable): WriterVariables {
    this.grantQuery(grantee, PENDING_INDEX.name);
    return this.grantWrite(grantee, ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem']);
  }

  /** Lets a function change a task by its id, without reading it. */
  grantRecord(grantee: IGrantable): WriterVariables {
    return this.grantWrite(grantee, ['dynamodb:UpdateItem']);
  }

  /** Lets a function read and change single tasks. */
  grantReadAndChange(grantee: IGrantable): WriterVariables {
    return this.grantWrite(grantee, ['dynamodb:GetItem', 'dynamodb:UpdateItem']);
  }

  /** Lets a function list the tasks of applications in the order of their creation, and search them by resource and owner. */
  grantList(grantee: IGrantable): TableVariables {
    for (const { name } of [OF_APPLICATION_INDEX, BY_RESOURCE_INDEX, BY_OWNER_INDEX]) this.grantQuery(grantee, name);
    Grant.addToPrincipal({ grantee, actions: ['dynamodb:BatchGetItem'], resourceArns: [this.table.tableArn] });
    this.key.grantReadTable(grantee);
    return this.variables();
  }

  /**
   * Lets a function read, list and change the tasks of all applications, without the bytes of payloads: a read must name its
   * attributes, and all of them must be in the list. A change must be part of a transaction, which never returns what it wrote.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
   */
  grantOperate(grantee: IGrantable): WriterVariables {
    for (const { name } of TASK_INDEXES) if (name !== PENDING_INDEX.name) this.grantQuery(grantee, name);
    this.grantReadAttributes(grantee, ['dynamodb:BatchGetItem', 'dynamodb:GetItem'], OPERATOR_READ_ATTRIBUTES);
    return this.grantWrite(grantee, ['dynamodb:UpdateItem'], {
      'ForAnyValue:StringEquals': { 'dynamodb:EnclosingOperation': 'TransactWriteItems' },
    });
  }

  /** Lets a function find tasks that are due, read what decides if they have expired, and change them. */
  grantExpire(grantee: IGrantable): WriterVariables {
    this.grantQuery(grantee, BY_DUE_INDEX.name);
    this.grantReadAttributes(grantee, ['dynamodb:BatchGetItem'], EXPIRY_ATTRIBUTES);
    return this.grantRecord(grantee);
  }

  /**
   * Lets a function read the outcome of a task for its workflow, and record that the workflow has it. A read must name its attributes. A change
   * names only those of the resumption, and returns no other attributes.
   */
  grantResume(grantee: IGrantable): TableVariables {
    this.grantReadAttributes(grantee, ['dynamodb:GetItem'], RESUME_READ_ATTRIBUTES);
    return this.grantWrite(grantee, ['dynamodb:UpdateItem'], {
      'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...RESUME_WRITTEN_ATTRIBUTES] },
      StringEqualsIfExists: { 'dynamodb:ReturnValues': ['NONE', 'UPDATED_OLD'] },
    });
  }

  /**
   * Lets a function find the tasks whose work is to be sent, and read and change single tasks, without the bytes of payloads. A read must
   * name its attributes, and a change returns none.
   */
  grantDispatch(grantee: IGrantable): WriterVariables {
    this.grantQuery(grantee, BY_DISPATCH_INDEX.name);
    this.grantReadAttributes(grantee, ['dynamodb:GetItem'], DISPATCH_READ_ATTRIBUTES);
    return this.grantWrite(grantee, ['dynamodb:UpdateItem'], {
      StringEqualsIfExists: { 'dynamodb:ReturnValues': ['NONE'] },
    });
  }

  /** Lets a function read many tasks at once, and change them. */
  grantRevoke(grantee: IGrantable): TableVariables {
    return this.grantWrite(grantee, ['dynamodb:BatchGetItem', 'dynamodb:UpdateItem']);
  }

  /** Lets a function read single tasks. */
  grantReadOne(grantee: IGrantable): TableVariables {
    Grant.addToPrincipal({ grantee, actions: ['dynamodb:GetItem'], resourceArns: [this.table.tableArn] });
    this.key.grantReadTable(grantee);
    return this.variables();
  }

  /** Lets a function read single tasks, and single records of the stream of changes. */
  grantReadAgain(grantee: IGrantable): TableVariables {
    grantReadRecords(grantee, this.streamArn, this.key);
    return this.grantReadOne(grantee);
  }

  /** Lets a function read the stream of changes. */
  grantReadChanges(grantee: IGrantable): void {
    grantReadStream(grantee, this.streamArn, this.key);
  }

  private grantWrite(
    grantee: IGrantable,
    actions: string[],
    conditions: Record<string, Record<string, unknown>> = {},
  ): WriterVariables {
    Grant.addToPrincipal({ grantee, actions, resourceArns: [this.table.tableArn], conditions });
    this.key.grantWriteTable(grantee);
    return { ...this.variables(), TASK_LAYOUT: this.layout };
  }

  /** Grants reads that name their attributes, if all of them are in the list. */
  private grantReadAttributes(grantee: IGrantable, actions: string[], attributes: readonly string[]): void {
    Grant.addToPrincipal({
      grantee,
      actions,
      resourceArns: [this.table.tableArn],
      conditions: {
        StringEquals: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
        'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...new Set(attributes)] },
      },
    });
  }

  /**
   * Grants queries of one index only. An index has no payloads, and a query of a global secondary index cannot read the table.
   * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
   */
  private grantQuery(grantee: IGrantable, index: string): void {
    const resourceArns = [`${this.table.tableArn}/index/${index}`];
    Grant.addToPrincipal({ grantee, actions: ['dynamodb:Query'], resourceArns });
  }

  private variables(): TableVariables {
    return { TASKS_TABLE: this.table.tableName };
  }
}

const KEY_TYPES = { S: AttributeType.STRING, N: AttributeType.NUMBER } as const;

const indexProps = ({ name, partitionKey, projected, sortKey, types }: TaskIndex): GlobalSecondaryIndexPropsV2 => ({
  indexName: name,
  partitionKey: { name: partitionKey, type: KEY_TYPES[types[0]] },
  sortKey: { name: sortKey, type: KEY_TYPES[types[1]] },
  ...(projected.length === 0
    ? { projectionType: ProjectionType.KEYS_ONLY }
    : { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...projected] }),
});
