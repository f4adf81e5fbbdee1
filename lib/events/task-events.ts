import { Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { AccountPrincipal, Effect, Grant, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { EVENT_SOURCE } from '../../lambda/contract/events.ts';
import type { Variables } from '../../lambda/contract/variables.ts';
import { eventBusName } from '../names.ts';

export interface TaskEventsProps {
  readonly environmentName: string;
  /** Other accounts that may create rules on the bus. */
  readonly ruleAccounts: readonly string[];
}

/**
 * Actions that an account needs to manage its rules on a bus of another account.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html
 */
const RULE_ACTIONS = [
  'events:PutRule',
  'events:DeleteRule',
  'events:DescribeRule',
  'events:DisableRule',
  'events:EnableRule',
  'events:PutTargets',
  'events:RemoveTargets',
  'events:ListTargetsByRule',
];

/** Event bus of the environment. Applications of senders subscribe to their tasks here. */
export class TaskEvents extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string, props: TaskEventsProps) {
    super(scope, id);
    this.bus = new EventBus(this, 'Resource', {
      eventBusName: eventBusName(props.environmentName),
      description: 'Changes of tasks from Postern',
    });
    for (const account of props.ruleAccounts) this.permitRules(account);
  }

  /** Permits rules for Postern's events. Only the account that created a rule may change it. */
  private permitRules(account: string): void {
    const { account: own, partition, region } = Stack.of(this);
    this.bus.addToResourcePolicy(
      new PolicyStatement({
        sid: `RulesOf${account}`,
        effect: Effect.ALLOW,
        principals: [new AccountPrincipal(account)],
        actions: RULE_ACTIONS,
        resources: [`arn:${partition}:events:${region}:${own}:rule/${this.bus.eventBusName}/*`],
        conditions: {
          // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM fills this in, not JavaScript.
          StringEqualsIfExists: { 'events:creatorAccount': '${aws:PrincipalAccount}', 'events:source': EVENT_SOURCE },
        },
      }),
    );
  }

  /** Lets a function put events on this bus. */
  grantPublish(grantee: IGrantable): Pick<Variables<'publish'>, 'EVENT_BUS_NAME'> {
    Grant.addToPrincipal({ grantee, actions: ['events:PutEvents'], resourceArns: [this.bus.eventBusArn] });
    return { EVENT_BUS_NAME: this.bus.eventBusName };
  }
}
