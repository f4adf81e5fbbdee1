import type { UserPool } from '../sign-in/user-pool.ts';
import type { AuditTable } from './audit-table.ts';
import type { JtiTable } from './jti-table.ts';
import type { LogKey } from './log-key.ts';
import type { LookupsTable } from './lookups-table.ts';
import type { PayloadBucket } from './payload-bucket.ts';
import type { ShortCodeHmacKey } from './short-code-hmac-key.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { SigningKeysTable } from './signing-keys-table.ts';
import type { TasksTable } from './tasks-table.ts';
import type { WorkflowTokenKey } from './workflow-token-key.ts';

/** Resources of the State stack that the gateway uses. */
export interface State {
  readonly tasks: TasksTable;
  readonly jtis: JtiTable;
  readonly lookups: LookupsTable;
  readonly audit: AuditTable;
  readonly payloads: PayloadBucket;
  readonly signingKeysTable: SigningKeysTable;
  readonly signingKeys: SigningKeys;
  readonly shortCodeHmacKey: ShortCodeHmacKey;
  /** Undefined if no application has `resumes`. */
  readonly workflowTokenKey: WorkflowTokenKey | undefined;
  /** Undefined if the environment has no `cognito`. */
  readonly userPool: UserPool | undefined;
  /** Encryption key of the logs. */
  readonly logKey: LogKey;
}
