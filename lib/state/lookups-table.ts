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
 * What is found by a secret or by somebody else's key: short codes, idempotency keys, access tokens that are good once, calls
 * that are confirmed by a handshake.
 * Each kind has a prefix, and each way in leads to its own prefixes alone.
 */
export class LookupsTable extends Construct {
  readonly table: TableV2;
  private readonly key: DataKey;

  constructor(scope: Construct, id: string, props: ProtectedTableProps) {
    super(scope, id);
    this.key = props.key;
    this.table = protectedTable(this, props, LOOKUPS_TABLE);
  }

  /** Lets a function find what a short code stands for. */
  grantResolveCodes(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:GetItem'], ['code']);
    this.key.grantReadTable(grantee);
    return this.variables();
  }

  /** Lets a function write down codes, and remember idempotency keys and find them again. */
  grantIssue(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:PutItem'], ['code', 'idempotency']);
    this.grant(grantee, ['dynamodb:GetItem'], ['idempotency']);
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /** Lets a function remember access tokens that it has accepted. */
  grantAcceptOnce(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:PutItem'], ['accessToken']);
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /** The same for the receiver, beside finding codes: it writes by updates. */
  grantAcceptOnceByUpdate(grantee: IGrantable): void {
    this.grant(grantee, ['dynamodb:UpdateItem'], ['accessToken']);
    this.key.grantWriteTable(grantee);
  }

  /** Lets a function remember calls that we started, take them out again, and remember hashes that it has accepted. */
  grantHandshake(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:PutItem'], ['ownCall', 'acceptedHash']);
    this.grant(grantee, ['dynamodb:DeleteItem'], ['ownCall']);
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /** Names the table to a function that has no way into it. */
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
