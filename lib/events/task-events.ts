import { EventBus } from 'aws-cdk-lib/aws-events';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Variables } from '../../lambda/contract/environment-variables.ts';

export interface TaskEventsProps {
  readonly environmentName: string;
}

/** The environment's event bus: where the sender's applications hear of their tasks. */
export class TaskEvents extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string, props: TaskEventsProps) {
    super(scope, id);
    this.bus = new EventBus(this, 'Resource', {
      eventBusName: `postern-${props.environmentName}`,
      description: 'Changes of tasks, from Postern',
    });
  }

  /** Lets a function put events on this bus. */
  grantPublish(grantee: IGrantable): Pick<Variables<'publish'>, 'EVENT_BUS_NAME'> {
    Grant.addToPrincipal({ grantee, actions: ['events:PutEvents'], resourceArns: [this.bus.eventBusArn] });
    return { EVENT_BUS_NAME: this.bus.eventBusName };
  }
}
