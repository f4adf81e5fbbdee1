import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { EVENT_SOURCE } from '../../lambda/contract/events.ts';

/** Names of rules and queues of this command begin with it. */
const PREFIX = 'postern-tail-';
const TARGET_ID = 'tail';
/** Seconds. The queue drops an event that was not fetched in this time. */
const RETENTION_SECONDS = '3600';
/** Seconds. Rules and queues that are older were left by a killed command. */
const LEFTOVER_AGE_SECONDS = 3_600;

type EventBridge = typeof import('@aws-sdk/client-eventbridge');
type Sqs = typeof import('@aws-sdk/client-sqs');

/** The clients of the AWS SDK, which only this command loads. */
export interface Aws {
  readonly eventBridge: EventBridge;
  readonly sqs: Sqs;
  readonly events: EventBridgeClient;
  readonly queues: SQSClient;
}

/** A rule with its queue. */
export interface Subscription {
  readonly name: string;
  readonly bus: string;
  readonly queueUrl: string;
}

/** A step that removes a part, with the command line that does the same. */
interface Removal {
  readonly command: string;
  readonly run: () => Promise<unknown>;
}

/** @param seconds the time, since 1970 */
export const subscriptionName = (seconds: number, random: string): string => `${PREFIX}${seconds}-${random}`;

/**
 * Makes a queue, a rule that sends every event of Postern to it, and a policy of the queue that lets only this rule send.
 * Calls `made` after each part, so that the parts can be removed if a later one cannot be made. Ctrl-C does not stop it between a
 * request and its answer, because the command would not know then what it made.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sqs-permissions
 */
export const subscribe = async (
  aws: Aws,
  bus: string,
  name: string,
  made: (removal: Removal) => void,
): Promise<Subscription> => {
  const { eventBridge, events, queues, sqs } = aws;
  const { QueueUrl: queueUrl = '' } = await queues.send(
    new sqs.CreateQueueCommand({ QueueName: name, Attributes: { MessageRetentionPeriod: RETENTION_SECONDS } }),
  );
  made(removalOfQueue(aws, queueUrl));
  const { Attributes: { QueueArn: queueArn = '' } = {} } = await queues.send(
    new sqs.GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
  );
  const { RuleArn: ruleArn = '' } = await events.send(
    new eventBridge.PutRuleCommand({
      Name: name,
      EventBusName: bus,
      EventPattern: JSON.stringify({ source: [EVENT_SOURCE] }),
      Description: 'Temporary rule of "postern events tail"',
    }),
  );
  made(removalOfRule(aws, bus, name));
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': ruleArn } },
      },
    ],
  };
  await queues.send(
    new sqs.SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { Policy: JSON.stringify(policy) } }),
  );
  const { FailedEntries: [failed] = [] } = await events.send(
    new eventBridge.PutTargetsCommand({ Rule: name, EventBusName: bus, Targets: [{ Id: TARGET_ID, Arn: queueArn }] }),
  );
  if (failed !== undefined) throw new Error(`EventBridge took no target: ${failed.ErrorCode}: ${failed.ErrorMessage}`);
  made(removalOfTarget(aws, bus, name));
  return { name, bus, queueUrl };
};

const removalOfQueue = ({ queues, sqs }: Aws, queueUrl: string): Removal => ({
  command: `aws sqs delete-queue --queue-url ${queueUrl}`,
  run: () => queues.send(new sqs.DeleteQueueCommand({ QueueUrl: queueUrl })),
});

const removalOfRule = ({ eventBridge, events }: Aws, bus: string, name: string): Removal => ({
  command: `aws events delete-rule --name ${name} --event-bus-name ${bus}`,
  run: () => events.send(new eventBridge.DeleteRuleCommand({ Name: name, EventBusName: bus })),
});

const removalOfTarget = ({ eventBridge, events }: Aws, bus: string, name: string): Removal => ({
  command: `aws events remove-targets --rule ${name} --ids ${TARGET_ID} --event-bus-name ${bus}`,
  run: () => events.send(new eventBridge.RemoveTargetsCommand({ Rule: name, EventBusName: bus, Ids: [TARGET_ID] })),
});

/**
 * Removes the parts, the last one first.
 * @returns the command lines for those that could not be removed
 */
export const removeAll = async (removals: readonly Removal[]): Promise<readonly string[]> => {
  const left: string[] = [];
  for (const { command, run } of removals.toReversed()) {
    try {
      await run();
    } catch {
      left.push(command);
    }
  }
  return left;
};

/**
 * Finds rules and queues that a killed command left on this bus more than an hour ago. They may also belong to a command that
 * still runs, so that nothing is removed here.
 * @param now seconds since 1970
 * @returns command lines that remove them; none, if the caller may not list them
 */
export const findLeftovers = async (
  aws: Aws,
  bus: string,
  now: number,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const { eventBridge, events, queues, sqs } = aws;
  const isOld = (name: string): boolean => {
    const [, seconds] = /^postern-tail-(\d+)-/.exec(name) ?? [];
    return seconds !== undefined && now - Number(seconds) > LEFTOVER_AGE_SECONDS;
  };
  const options = { abortSignal: signal };
  const rules = await events
    .send(new eventBridge.ListRulesCommand({ EventBusName: bus, NamePrefix: PREFIX }), options)
    .then(
      ({ Rules = [] }) => Rules.map(({ Name = '' }) => Name),
      () => [],
    );
  const urls = await queues.send(new sqs.ListQueuesCommand({ QueueNamePrefix: PREFIX }), options).then(
    ({ QueueUrls = [] }) => QueueUrls,
    () => [],
  );
  return [
    ...rules.filter(isOld).flatMap((name) => [removalOfTarget(aws, bus, name), removalOfRule(aws, bus, name)]),
    ...urls.filter((url) => isOld(url.slice(url.lastIndexOf('/') + 1))).map((url) => removalOfQueue(aws, url)),
  ].map(({ command }) => command);
};
