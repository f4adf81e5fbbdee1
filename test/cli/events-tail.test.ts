import {
  DeleteRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
  PutEventsCommand,
  PutRuleCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect } from 'vitest';
import { startStandIns } from '../../local/stand-ins/server.ts';
import { startPostern } from '../support/command-line.ts';
import { LOCAL_CLIENT } from '../support/engine.ts';
import { EVENTUALLY } from '../support/patience.ts';
import { test as base } from '../support/unit-fixtures.ts';

const BUS = 'postern-trial';

const test = base
  .extend('standIns', async ({ ownFolder }, { onCleanup }) => {
    const standIns = await startStandIns({ dataDirectory: ownFolder, eventsFile: `${ownFolder}/events.jsonl` });
    standIns.buses.add(BUS);
    onCleanup(standIns.stop);
    return standIns;
  })
  .extend('aws', ({ standIns }, { onCleanup }) => {
    const options = { ...LOCAL_CLIENT, endpoint: standIns.endpoint, maxAttempts: 1 };
    const [events, queues] = [new EventBridgeClient(options), new SQSClient(options)];
    onCleanup(() => {
      events.destroy();
      queues.destroy();
    });
    return {
      events,
      queues,
      publish: (taskId: string) =>
        events.send(
          new PutEventsCommand({
            Entries: [
              {
                EventBusName: BUS,
                Source: 'postern',
                DetailType: 'Task Opened',
                Detail: JSON.stringify({ taskId, application: 'invoices', processor: 'acme-ocr', status: 'pending' }),
              },
            ],
          }),
        ),
      /** Names of the rules on the bus, and the URLs of all queues. */
      left: async () => {
        const { Rules = [] } = await events.send(new ListRulesCommand({ EventBusName: BUS }));
        const { QueueUrls = [] } = await queues.send(new ListQueuesCommand({}));
        return [...Rules.map(({ Name }) => Name), ...QueueUrls];
      },
    };
  })
  .extend(
    'tail',
    ({ ownFolder, standIns }) =>
      (...words: readonly string[]) =>
        startPostern(['events', 'tail', ...words], {
          cwd: ownFolder,
          env: {
            AWS_ENDPOINT_URL_EVENTBRIDGE: standIns.endpoint,
            AWS_ENDPOINT_URL_SQS: standIns.endpoint,
            AWS_REGION: 'eu-west-1',
            AWS_ACCESS_KEY_ID: 'local',
            AWS_SECRET_ACCESS_KEY: 'local',
            AWS_MAX_ATTEMPTS: '1',
          },
        }),
  );

describe('postern events tail on AWS', () => {
  test.for(['SIGINT', 'SIGTERM'] as const)(
    'shows events, and removes rule and queue at %s',
    async (signal, { aws, tail }) => {
      const running = tail('--bus', BUS, '-o', 'jsonl');
      await expect.poll(running.noted, EVENTUALLY).toContain(`Following ${BUS} `);
      await aws.publish('one');
      await aws.publish('two');
      const taskIds = () =>
        running
          .said()
          .split('\n')
          .filter(Boolean)
          .map((line) => (JSON.parse(line) as { detail: { taskId: string } }).detail.taskId)
          .toSorted();
      await expect.poll(taskIds, EVENTUALLY).toEqual(['one', 'two']);
      expect(await aws.left()).toHaveLength(2);
      running.interrupt(signal);
      expect((await running.ended).code).toBe(130);
      expect(await aws.left()).toEqual([]);
    },
  );

  test('shows one line for an event, without control characters', async ({ aws, tail }) => {
    const running = tail('--bus', BUS);
    await expect.poll(running.noted, EVENTUALLY).toContain('Following');
    await aws.publish('one\u001b[2J');
    await expect
      .poll(running.said, EVENTUALLY)
      .toMatch(/^\S+Z {2}Task Opened {11}one \[2J {2}invoices {2}acme-ocr {2}pending\n$/);
    running.interrupt();
    await running.ended;
  });

  test('leaves nothing behind if the bus does not exist', async ({ aws, tail }) => {
    const { code, stderr } = await tail('--bus', 'postern-nowhere').ended;
    expect(code).toBe(3);
    expect(stderr).toContain('Event bus postern-nowhere does not exist.');
    expect(await aws.left()).toEqual([]);
  });

  test('names what a killed command left an hour ago, and leaves what is younger alone', async ({ aws, tail }) => {
    const nameOf = (secondsAgo: number) => `postern-tail-${Math.floor(Date.now() / 1_000) - secondsAgo}-abcd1234`;
    const [old, young] = [nameOf(3_700), nameOf(60)];
    for (const Name of [old, young]) {
      await aws.events.send(new PutRuleCommand({ Name, EventBusName: BUS, EventPattern: '{"source":["postern"]}' }));
      await aws.queues.send(new CreateQueueCommand({ QueueName: Name }));
    }
    const running = tail('--bus', BUS);
    await expect.poll(running.noted, EVENTUALLY).toContain('Following');
    running.interrupt();
    const { stderr } = await running.ended;
    expect(stderr).toContain(`  aws events remove-targets --rule ${old} --ids tail --event-bus-name ${BUS}\n`);
    expect(stderr).toContain(`  aws events delete-rule --name ${old} --event-bus-name ${BUS}\n`);
    expect(stderr).toMatch(new RegExp(`^ {2}aws sqs delete-queue --queue-url http://\\S+/${old}$`, 'm'));
    expect(stderr).not.toContain(young);
  });

  test('says what it could not remove', async ({ aws, tail }) => {
    const running = tail('--bus', BUS);
    await expect.poll(running.noted, EVENTUALLY).toContain('Following');
    const [Name = ''] = await aws.left();
    // Another person removes the rule meanwhile.
    await aws.events.send(new RemoveTargetsCommand({ Rule: Name, EventBusName: BUS, Ids: ['tail'] }));
    await aws.events.send(new DeleteRuleCommand({ Name, EventBusName: BUS }));
    running.interrupt();
    const { stderr } = await running.ended;
    expect(stderr).toContain(`These could not be removed. Remove them:\n\n  aws events remove-targets --rule ${Name} `);
    expect(stderr).not.toContain('delete-queue');
  });

  test.for([
    [['--bus', BUS, '--since', 'start'], /--since start works on this machine only/],
    [['--profile', 'prod'], /names no environment.*\n.*--bus/],
  ] as const)('with %j makes nothing, and ends with 2', async ([words, text], { aws, tail }) => {
    const { code, stderr } = await tail(...words).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(text);
    expect(await aws.left()).toEqual([]);
  });
});
