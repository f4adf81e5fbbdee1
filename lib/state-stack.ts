import type { StackProps } from 'aws-cdk-lib';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from './config/environment.ts';
import { hasWorkflowTokenKey } from './config/resumes.ts';
import { SigningKeyRotation } from './events/signing-key-rotation.ts';
import type { FunctionBundles } from './functions/bundles.ts';
import { UserPool } from './sign-in/user-pool.ts';
import { AuditTable } from './state/audit-table.ts';
import { DataKey } from './state/data-key.ts';
import { JtiTable } from './state/jti-table.ts';
import { LogKey } from './state/log-key.ts';
import { LookupsTable } from './state/lookups-table.ts';
import { PayloadBucket } from './state/payload-bucket.ts';
import { ShortCodeHmacKey } from './state/short-code-hmac-key.ts';
import { SigningKeys } from './state/signing-keys.ts';
import { SigningKeysTable } from './state/signing-keys-table.ts';
import type { State } from './state/state.ts';
import { TasksTable } from './state/tasks-table.ts';
import { WorkflowTokenKey } from './state/workflow-token-key.ts';

export interface StateStackProps extends StackProps {
  readonly environment: Environment;
  readonly bundles: FunctionBundles;
}

/** Resources that must survive: tasks and their payloads, records of used tokens, the audit, keys, and users. Logical ids never change. */
export class StateStack extends Stack implements State {
  readonly tasks: TasksTable;
  readonly jtis: JtiTable;
  readonly lookups: LookupsTable;
  readonly audit: AuditTable;
  readonly payloads: PayloadBucket;
  readonly signingKeysTable: SigningKeysTable;
  readonly signingKeys: SigningKeys;
  readonly shortCodeHmacKey: ShortCodeHmacKey;
  readonly workflowTokenKey: WorkflowTokenKey | undefined;
  readonly userPool: UserPool | undefined;
  /** Encryption key of the logs. */
  readonly logKey: LogKey;

  constructor(scope: Construct, id: string, { bundles, environment, ...props }: StateStackProps) {
    super(scope, id, props);
    const {
      dataOperators,
      protected: isProtected,
      retention,
      signing,
      signingKeys,
      tableThroughput,
      warmThroughput,
    } = environment;
    const dataAccess = { environmentName: environment.name, dataOperators };
    const key = new DataKey(this, 'TableKey', { protected: isProtected });
    const table = {
      key,
      protected: isProtected,
      dataAccess,
      ...(tableThroughput !== undefined && { throughput: tableThroughput }),
      ...(warmThroughput !== undefined && { warmThroughput }),
    };
    this.tasks = new TasksTable(this, 'Tasks', table);
    this.jtis = new JtiTable(this, 'Jtis', table);
    this.lookups = new LookupsTable(this, 'Lookups', table);
    this.audit = new AuditTable(this, 'Audit', table);
    this.payloads = new PayloadBucket(this, 'Payloads', { key, retention, dataAccess });
    this.signingKeysTable = new SigningKeysTable(this, 'SigningKeysTable', table);
    this.signingKeys = new SigningKeys(this, 'SigningKeys', {
      environmentName: environment.name,
      signing,
      keys: signingKeys,
      table: this.signingKeysTable,
      protected: isProtected,
    });
    this.shortCodeHmacKey = new ShortCodeHmacKey(this, 'CodeKey', { protected: isProtected });
    this.workflowTokenKey = hasWorkflowTokenKey(environment)
      ? new WorkflowTokenKey(this, 'WorkflowTokenKey', { environmentName: environment.name, protected: isProtected })
      : undefined;
    this.userPool =
      environment.cognito && new UserPool(this, 'UserPool', { environment, cognito: environment.cognito });
    this.logKey = new LogKey(this, 'LogKey', { protected: isProtected });
    if (signing.kind === 'rotating') {
      new SigningKeyRotation(this, 'Rotation', {
        environment,
        signing,
        bundles,
        logKey: this.logKey,
        keys: this.signingKeys,
        table: this.signingKeysTable,
      });
    }

    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description });
    output('TasksTableName', this.tasks.table.tableName, 'Table of tasks');
    output('JtisTableName', this.jtis.table.tableName, 'Table of used callback tokens, by jti');
    output(
      'LookupsTableName',
      this.lookups.table.tableName,
      'Table of short codes, idempotency keys and used access tokens',
    );
    output(
      'SigningKeysTableName',
      this.signingKeysTable.table.tableName,
      'Table of the keys that sign callback tokens',
    );
    output('AuditTableName', this.audit.table.tableName, 'Table of the actions of operators');
    output('PayloadBucketName', this.payloads.bucket.bucketName, 'Bucket of payloads that are too large for the table');
  }
}
