import type { StackProps } from 'aws-cdk-lib';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from './environment.ts';
import { SigningKeys } from './signing/signing-keys.ts';
import { JtiTable } from './state/jti-table.ts';
import { TableKey } from './state/table-key.ts';
import { TasksTable } from './state/tasks-table.ts';

export interface StateStackProps extends StackProps {
  readonly environment: Environment;
}

/** What must survive: tasks, the memory of used tokens, and the key that signs. */
export class StateStack extends Stack {
  readonly tasks: TasksTable;
  readonly jtis: JtiTable;
  readonly signingKeys: SigningKeys;

  constructor(scope: Construct, id: string, { environment, ...props }: StateStackProps) {
    super(scope, id, props);
    const key = new TableKey(this, 'TableKey', { protected: environment.protected });
    this.tasks = new TasksTable(this, 'Tasks', { key, protected: environment.protected });
    this.jtis = new JtiTable(this, 'Jtis', { key, protected: environment.protected });
    this.signingKeys = new SigningKeys(this, 'SigningKeys', { protected: environment.protected });
  }
}
