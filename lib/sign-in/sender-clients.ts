import { Construct } from 'constructs';
import type { Environment } from '../config/environment.ts';
import { capitalize } from '../names.ts';
import type { UserPool } from './user-pool.ts';

export interface SenderClientsProps {
  readonly environment: Pick<Environment, 'cognitoApplications'>;
  readonly userPool: UserPool | undefined;
}

/**
 * Clients of sending applications in the user pool. They are in the Gateway stack: CloudFormation could not remove the client of an
 * application from the State stack, because the gateway would still import its id.
 */
export class SenderClients extends Construct {
  /** Client ids by application. */
  readonly clients: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, { environment, userPool }: SenderClientsProps) {
    super(scope, id);
    this.clients = Object.fromEntries(
      userPool === undefined
        ? []
        : environment.cognitoApplications.map((application) => [
            application,
            userPool.addSenderClient(this, capitalize(application), application),
          ]),
    );
  }
}
