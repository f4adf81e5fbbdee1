import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import { aConsole } from '../../../support/console-pages.ts';
import { test as base } from '../../../support/fixtures.ts';
import { aTaskBody, type Opened } from '../../../support/sender-world.ts';

const test = base
  .extend('console', ({ openSender }) => aConsole({ store: openSender.store }))
  /** A pending task with this `resume`, and an encrypted token. */
  .extend('aWaitedTask', ({ sender }) => async (resume: Record<string, unknown>): Promise<string> => {
    const answer = await sender.opener().send({
      path: '/v1/tasks',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(aTaskBody()),
    });
    const { taskId } = answer.json as Opened;
    await sender.store.client.send(
      new UpdateItemCommand({
        TableName: sender.store.tasksTable,
        Key: { taskId: { S: taskId } },
        UpdateExpression: 'SET #resume = :resume, resumeToken = :token',
        ExpressionAttributeNames: { '#resume': 'resume' },
        ExpressionAttributeValues: {
          ':resume': { M: marshall({ arn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:I', ...resume }) },
          ':token': { B: Buffer.from('ciphertext-of-the-token') },
        },
      }),
    );
    return taskId;
  });

const AT = '2026-11-29T09:41:00.500Z';

describe('the page of a task with a waiting workflow', () => {
  test.for([
    [
      { kind: 'stepFunctions', state: 'pending' },
      ['a state machine of Step Functions', 'It was not told an outcome yet.'],
    ],
    [
      { kind: 'durableFunction', state: 'delivered', at: AT },
      ['a Lambda durable function', 'state good">delivered', 'was told'],
    ],
    [
      { kind: 'stepFunctions', state: 'refused', at: AT, reason: 'TaskTimedOut' },
      ['state bad">refused', 'It will not be told: <code>TaskTimedOut</code>', 'Reason: TaskTimedOut'],
    ],
  ] as const)(
    'R2 says what became of it, and has neither token nor ARN: %o',
    async ([resume, shown], { aWaitedTask, console }) => {
      const taskId = await aWaitedTask(resume);
      const { html } = await console.ask({ path: `/console/tasks/${taskId}` });
      for (const text of shown) expect(html).toContain(text);
      expect(html).not.toMatch(/arn:aws:states|ciphertext|Y2lwaGVydGV4d|resumeToken/);
    },
  );

  test('warns who cancels it that the workflow is told', async ({ aWaitedTask, console }) => {
    const page = async (state: string) =>
      (await console.ask({ path: `/console/tasks/${await aWaitedTask({ kind: 'stepFunctions', state })}/cancel` }))
        .html;
    expect(await page('pending')).toContain('is told the error <code>Postern.TaskCancelled</code>');
    expect(await page('refused')).not.toContain('Postern.TaskCancelled');
  });
});
