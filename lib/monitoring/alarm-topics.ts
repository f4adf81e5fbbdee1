import { ArnFormat, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { SubscriptionProtocol, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { alarmNamePrefix } from '../../lambda/contract/alarms.ts';
import type { Environment } from '../config/environment.ts';
import type { Subscriber } from '../config/monitoring.ts';

export interface AlarmTopicsProps {
  readonly environment: Pick<Environment, 'name' | 'alarmTopicArn' | 'alarmSubscribers'>;
}

/**
 * Topics that alarms are sent to: a given topic, or two new ones for pages and tickets. New topics are encrypted with a key
 * that the environment's alarms may use: alarms cannot use the AWS managed key of SNS.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 */
export class AlarmTopics extends Construct {
  /** Undefined if the environment has no subscribers. */
  readonly pages: IAlarmAction | undefined;
  readonly tickets: IAlarmAction | undefined;

  constructor(scope: Construct, id: string, { environment }: AlarmTopicsProps) {
    super(scope, id);
    const { alarmSubscribers, alarmTopicArn } = environment;
    if (alarmTopicArn !== undefined) {
      const action = new SnsAction(Topic.fromTopicArn(this, 'Given', alarmTopicArn));
      this.pages = action;
      this.tickets = action;
    } else if (alarmSubscribers !== undefined) {
      const key = new Key(this, 'Key', {
        description: 'Encrypts alarm notifications of Postern',
        enableKeyRotation: true,
        // Notifications are delivered or lost, never kept.
        removalPolicy: RemovalPolicy.DESTROY,
      });
      const alarms = this.alarmsMay(environment.name);
      key.addToResourcePolicy(alarms(['kms:Decrypt', 'kms:GenerateDataKey*'], '*'));
      const topic = (name: string, displayName: string, subscribers: readonly Subscriber[]): IAlarmAction => {
        const made = new Topic(this, name, { displayName, masterKey: key, enforceSSL: true });
        made.addToResourcePolicy(alarms(['sns:Publish'], made.topicArn));
        for (const subscriber of subscribers) {
          Validations.of(made.addSubscription(subscriptionOf(subscriber))).acknowledge({
            id: 'Serverless-SNSRedrivePolicy',
            reason: 'After a failed notification the alarm itself stays raised and visible.',
          });
        }
        return new SnsAction(made);
      };
      this.pages = topic('Pages', `Postern ${environment.name}: act now`, alarmSubscribers.pages);
      this.tickets = topic('Tickets', `Postern ${environment.name}: look today`, alarmSubscribers.tickets);
    }
  }

  /** Statement for the alarms of this environment, and for no other alarm of this or another account. */
  private alarmsMay(environmentName: string): (actions: string[], resource: string) => PolicyStatement {
    const stack = Stack.of(this);
    const sourceArn = stack.formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: `${alarmNamePrefix(environmentName)}*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return (actions, resource) =>
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions,
        resources: [resource],
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnLike: { 'aws:SourceArn': sourceArn },
        },
      });
  }
}

const subscriptionOf = (subscriber: Subscriber): EmailSubscription | UrlSubscription =>
  subscriber.startsWith('https://')
    ? new UrlSubscription(subscriber, { protocol: SubscriptionProtocol.HTTPS })
    : new EmailSubscription(subscriber);
