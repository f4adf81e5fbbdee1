import {
  DeleteRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect } from 'vitest';
import { startStandIns } from '../../../local/stand-ins/server.ts';
import { LOCAL_CLIENT } from '../../support/engine.ts';
import { test as base } from '../../support/unit-fixtures.ts';

const BUS = 'postern-trial';
const RULE = { Name: 'tail', EventBusName: BUS };
const PATTERN = '{"source":["postern"]}';

const test = base
  .extend('aws', async ({ ownFolder }, { onCleanup }) => {
    const standIns = await startStandIns({ dataDirectory: ownFolder, eventsFile: `${ownFolder}/events.jsonl` });
    standIns.buses.add(BUS);
    const options = { ...LOCAL_CLIENT, endpoint: standIns.endpoint, maxAttempts: 1 };
    const [events, queues] = [new EventBridgeClient(options), new SQSClient(options)];
    onCleanup(async () => {
      events.destroy();
      queues.destroy();
      await standIns.stop();
    });
    return { events, queues };
  })
  /** Makes a queue, and returns its URL and ARN. */
  .extend('makeQueue', ({ aws: { queues } }) => async (QueueName = 'tail') => {
    const { QueueUrl = '' } = await queues.send(new CreateQueueCommand({ QueueName }));
    const { Attributes: { QueueArn = '' } = {} } = await queues.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    return { QueueUrl, QueueArn };
  })
  .extend('put', ({ aws: { events } }) => (detail: object, bus = BUS, Source = 'postern') => {
    const entry = { EventBusName: bus, Source, DetailType: 'Task Opened', Detail: JSON.stringify(detail) };
    return events.send(new PutEventsCommand({ Entries: [entry] }));
  })
  .extend('details', ({ aws: { queues } }) => async (QueueUrl: string) => {
    const { Messages = [] } = await queues.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    return Messages.map(({ Body = '' }) => (JSON.parse(Body) as { detail: object }).detail);
  });

const policyOf = (Resource: string, ruleArn: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource,
        Condition: { ArnEquals: { 'aws:SourceArn': ruleArn } },
      },
    ],
  });

describe('a rule', () => {
  test('sends matching events of its bus to a queue whose policy names the rule', async ({
    aws: { events, queues },
    details,
    makeQueue,
    put,
  }) => {
    const { QueueArn, QueueUrl } = await makeQueue();
    const { RuleArn = '' } = await events.send(new PutRuleCommand({ ...RULE, EventPattern: PATTERN }));
    expect(RuleArn).toBe(`arn:aws:events:eu-west-1:000000000000:rule/${BUS}/tail`);
    const Targets = [{ Id: 'tail', Arn: QueueArn }];
    const answer = await events.send(new PutTargetsCommand({ Rule: 'tail', EventBusName: BUS, Targets }));
    expect(answer.FailedEntryCount).toBe(0);
    // Without a policy, and with one for another rule, EventBridge may not send.
    await put({ n: 1 });
    for (const arn of [`${RuleArn}-2`, RuleArn]) {
      await queues.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: policyOf(QueueArn, arn) } }));
      await put({ n: arn === RuleArn ? 3 : 2 });
    }
    await put({ n: 4 }, 'default');
    await put({ n: 5 }, BUS, 'somebody');
    expect(await details(QueueUrl)).toEqual([{ n: 3 }]);

    await events.send(new RemoveTargetsCommand({ Rule: 'tail', EventBusName: BUS, Ids: ['tail'] }));
    await put({ n: 6 });
    expect(await details(QueueUrl)).toEqual([]);
  });

  test('is deleted without targets only, and listed by its prefix until then', async ({
    aws: { events },
    makeQueue,
  }) => {
    const { QueueArn } = await makeQueue();
    await events.send(new PutRuleCommand({ ...RULE, EventPattern: PATTERN }));
    await events.send(
      new PutTargetsCommand({ Rule: 'tail', EventBusName: BUS, Targets: [{ Id: 'tail', Arn: QueueArn }] }),
    );
    const names = async (NamePrefix: string) =>
      (await events.send(new ListRulesCommand({ EventBusName: BUS, NamePrefix }))).Rules?.map(({ Name }) => Name);
    expect([await names('ta'), await names('b')]).toEqual([['tail'], []]);
    await expect(events.send(new DeleteRuleCommand(RULE))).rejects.toMatchObject({ name: 'ValidationException' });
    await events.send(new RemoveTargetsCommand({ Rule: 'tail', EventBusName: BUS, Ids: ['tail'] }));
    await events.send(new DeleteRuleCommand(RULE));
    expect(await names('')).toEqual([]);
    await expect(events.send(new DeleteRuleCommand(RULE))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test.for([
    [{ ...RULE, EventBusName: 'nowhere', EventPattern: PATTERN }, 'ResourceNotFoundException'],
    [{ ...RULE, EventPattern: '{"source":"postern"}' }, 'InvalidEventPatternException'],
    [{ ...RULE, Name: 'a b', EventPattern: PATTERN }, 'ValidationException'],
  ] as const)('is refused as %j', async ([input, name], { aws: { events } }) => {
    await expect(events.send(new PutRuleCommand(input))).rejects.toMatchObject({ name });
  });
});

test('a queue is made, listed by its prefix and deleted', async ({ aws: { queues }, makeQueue }) => {
  const { QueueUrl } = await makeQueue('tail-1');
  await makeQueue('other');
  const urls = async () => (await queues.send(new ListQueuesCommand({ QueueNamePrefix: 'tail-' }))).QueueUrls;
  expect(await urls()).toEqual([QueueUrl]);
  await queues.send(new DeleteQueueCommand({ QueueUrl }));
  expect(await urls()).toBeUndefined();
  await expect(queues.send(new DeleteQueueCommand({ QueueUrl }))).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
  const wrong = new CreateQueueCommand({ QueueName: 'a', Attributes: { VisibilityTimeout: '43201' } });
  await expect(queues.send(wrong)).rejects.toMatchObject({ name: 'InvalidAttributeValue' });
});
