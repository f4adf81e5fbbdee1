import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { LOOKUP_PREFIXES, LOOKUPS_TABLE } from '../../lambda/contract/tables.ts';
import type { Variables } from '../../lambda/contract/variables.ts';
import type { DataKey } from './data-key.ts';
import type { ProtectedTableProps } from './protected-table.ts';
import { protectedTable } from './protected-table.ts';

type TableVariables = Pick<Variables<'receive'>, 'LOOKUPS_TABLE'>;

/**
 * Items that are found by a secret or by a caller's key: short codes, idempotency keys, one-time access tokens, calls that
 * a handshake confirms, bulk revocations, heartbeats of workflows, the progress of the expiry, inputs of tasks, and breakers of
 * processors. Each kind has a key prefix, and each grant covers only the prefixes that it needs.
 */
export class LookupsTable extends Construct {
  readonly table: TableV2;
  private readonly key: DataKey;

  constructor(scope: Construct, id: string, props: ProtectedTableProps) {
    super(scope, id);
    this.key = props.key;
    this.table = protectedTable(this, props, LOOKUPS_TABLE);
  }

  /** Lets a function resolve a short code. */
  grantResolveCodes(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:GetItem'], ['code']);
    this.key.grantReadTable(grantee);
    return this.variables();
  }

  /** Lets a function store short codes, store and read idempotency keys, and keep the last task of each `supersedes`. */
  grantIssue(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:PutItem'], ['code', 'idempotency', 'supersedes']);
    this.grant(grantee, ['dynamodb:GetItem'], ['idempotency', 'supersedes']);
    this.grant(grantee, ['dynamodb:UpdateItem'], ['supersedes']);
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /** Lets a function store the access tokens that it accepted. */
  grantAcceptOnce(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:PutItem'], ['accessToken']);
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /** Does the same for the receiver, which writes with `UpdateItem`. */
  grantAcceptOnceByUpdate(grantee: IGrantable): void {
    this.grant(grantee, ['dynamodb:UpdateItem'], ['accessToken']);
    this.key.grantWriteTable(grantee);
  }

  /** Lets a function store and delete calls that the gateway started, and store the hashes that it accepted. */
  grantHandshake(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:PutItem'], ['ownCall', 'acceptedHash']);
    this.grant(grantee, ['dynamodb:DeleteItem'], ['ownCall']);
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /** Lets a function plan and start bulk revocations, and read and abort their jobs. */
  grantPlanJobs(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], ['plan', 'job']);
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /** Lets a function read the plans of bulk revocations, and work on their jobs. */
  grantWorkOnJobs(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:GetItem'], ['plan', 'job']);
    this.grant(grantee, ['dynamodb:UpdateItem'], ['job']);
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /** Lets a function read and store how far the expiry of tasks has come. */
  grantKeepDueProgress(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:GetItem', 'dynamodb:PutItem'], ['due']);
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /** Lets a function read how far the expiry of tasks has come. */
  grantReadDueProgress(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:GetItem'], ['due']);
    this.key.grantReadTable(grantee);
    return this.variables();
  }

  /** Lets a function store the times of heartbeats of workflows. */
  grantKeepHeartbeats(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:PutItem'], ['heartbeat']);
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /** Lets a function store the input of tasks whose work is sent, read it when a task is reopened, and keep it for later callbacks. */
  grantKeepInputs(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], ['input']);
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /** Lets a function delete the input of tasks that have ended. */
  grantDeleteInputs(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:DeleteItem'], ['input']);
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /**
   * Lets a function read the input of tasks, and keep the breakers of processors.
   * @param storesCodes true if it also stores short codes
   */
  grantDispatch(grantee: IGrantable, storesCodes: boolean): TableVariables {
    this.grant(grantee, ['dynamodb:GetItem'], ['input', 'breaker']);
    this.grant(grantee, ['dynamodb:UpdateItem'], ['breaker']);
    if (storesCodes) this.grant(grantee, ['dynamodb:PutItem'], ['code']);
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /** Lets a function pause processors and show their breakers, and keep the input of tasks that are sent again. */
  grantOperateDispatch(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:GetItem', 'dynamodb:UpdateItem'], ['breaker']);
    return this.grantSendAgain(grantee);
  }

  /** Lets a function keep the input of tasks that are sent again. */
  grantSendAgain(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:UpdateItem'], ['input']);
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /** Returns the table's name for a function without access to the table. */
  variables(): TableVariables {
    return { LOOKUPS_TABLE: this.table.tableName };
  }

  /** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html */
  private grant(grantee: IGrantable, actions: string[], kinds: readonly (keyof typeof LOOKUP_PREFIXES)[]): void {
    Grant.addToPrincipal({
      grantee,
      actions,
      resourceArns: [this.table.tableArn],
      conditions: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': kinds.map((kind) => `${LOOKUP_PREFIXES[kind]}*`) },
      },
    });
  }
}
