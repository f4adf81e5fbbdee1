import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DecryptCommand } from '@aws-sdk/client-kms';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import { workflowOf } from '../../../../lambda/contract/resume.ts';
import { toTaskEvents } from '../../../../lambda/functions/publish/task-event.ts';
import { anApplication, applicationsOf } from '../../../support/applications.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { readTask } from '../../../support/receiver.ts';
import type { SenderFunction } from '../../../support/sender-api.ts';
import { aTaskBody, type Opened } from '../../../support/sender-world.ts';
import { ORIGIN } from '../../../support/tokens.ts';

const MACHINE = 'arn:aws:states:eu-west-1:111122223333:stateMachine:Invoices';
const OTHER_MACHINE = 'arn:aws:states:eu-west-1:111122223333:stateMachine:Orders';
const FUNCTION = 'arn:aws:lambda:eu-west-1:111122223333:function:invoices:*';
const ELSEWHERE = 'arn:aws:states:eu-west-1:444455556666:stateMachine:Invoices';
const TOKEN = 'AQCEAAAAKgAAAAMAAAAAAAAAAZ0MwVYzexampleTaskToken/+==';

const post = (open: SenderFunction, body: Record<string, unknown>) =>
  open.send({
    path: '/v1/tasks',
    body: JSON.stringify(aTaskBody(body)),
    headers: { 'content-type': 'application/json' },
  });

/** The function `create-task` for an application that may resume these workflows. */
const test = base.extend(
  'opening',
  ({ sender }) =>
    (...resumes: readonly string[]) =>
      sender.opener({
        resumeKeyId: sender.kms.encryptionKey.arn,
        applications: applicationsOf(anApplication({ resumes })),
      }),
);

describe('a task that resumes a workflow', () => {
  for (const [kind, arn, name] of [
    ['stepFunctions', MACHINE, 'taskToken'],
    ['durableFunction', FUNCTION, 'callbackId'],
  ] as const) {
    test(`of kind ${kind} is pending until its workflow is told`, async ({ opening, sender, tasks }) => {
      const answer = await post(opening(MACHINE, FUNCTION), { resume: { kind, [name]: TOKEN, arn } });
      expect(answer.status, JSON.stringify(answer.json)).toBe(201);
      const { taskId } = answer.json as Opened;
      const { json } = await tasks.send({ method: 'GET', path: `/v1/tasks/${taskId}` });
      expect(json).toMatchObject({ resume: { kind, state: 'pending' } });
      expect((json as { resume: object }).resume).toStrictEqual({ kind, state: 'pending' });
      expect((await readTask(sender.store, taskId))?.resume).toStrictEqual({ kind, state: 'pending', arn });
    });
  }

  test('R2 stores the token encrypted for this task and environment, and nothing shows it', async ({
    opening,
    sender,
    tasks,
  }) => {
    const open = opening(MACHINE);
    const answer = await post(open, { resume: { kind: 'stepFunctions', taskToken: TOKEN } });
    const { taskId } = answer.json as Opened;
    const task = await readTask(sender.store, taskId);
    const CiphertextBlob = task?.resumeToken;
    const decrypt = (EncryptionContext: Record<string, string>) =>
      sender.kms.client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    const { Plaintext } = await decrypt({ environment: 'test', taskId });
    expect(Buffer.from(Plaintext ?? []).toString()).toBe(TOKEN);
    await expect(decrypt({ environment: 'other', taskId })).rejects.toThrow();
    await expect(decrypt({ environment: 'test', taskId: 'another' })).rejects.toThrow();
    const event = toTaskEvents(marshall(task ?? {}, { removeUndefinedValues: true }), ORIGIN)[0];
    const view = await tasks.send({ method: 'GET', path: `/v1/tasks/${taskId}` });
    for (const shown of [answer.json, open.lines, view.json, event]) {
      expect(JSON.stringify(shown)).not.toMatch(/resumeToken|AQCEAAAA/);
    }
  });

  test('makes one request to KMS and one to DynamoDB more than nothing else', async ({ opening, sender }) => {
    sender.clear();
    await post(opening(MACHINE), { resume: { kind: 'stepFunctions', taskToken: TOKEN } });
    expect(sender.keyService.count('Encrypt')).toBe(1);
    expect(sender.dynamodb.count()).toBe(1);
  });

  test('C7 is not created while KMS cannot encrypt its token', async ({ opening, sender }) => {
    sender.keyService.inject(({ operation }) => (operation === 'Encrypt' ? { kind: 'throttled' } : undefined));
    const answer = await post(opening(MACHINE), { resume: { kind: 'stepFunctions', taskToken: TOKEN } });
    expect(answer).toBeRefusedWith('unavailable');
    expect(sender.dynamodb.count()).toBe(0);
  });
});

describe('reopening a task whose workflow', () => {
  test.for([
    ['was not told yet', { state: 'pending' }, 201],
    ['will not be told', { state: 'refused', reason: 'TaskTimedOut' }, 201],
    ['was told', { state: 'delivered' }, 409],
    ['is being told', { state: 'pending', isUncertain: true }, 409],
  ] as const)('%s is answered with the right status', async ([, resume, status], { opening, sender }) => {
    const open = opening(MACHINE);
    const body = { processor: 'header-ocr', resume: { kind: 'stepFunctions', taskToken: TOKEN } };
    const task = (await post(open, body)).json as Opened;
    const receiver = await sender.receiver();
    await receiver.deliver({
      path: `/v1/results/${task.taskId}`,
      headers: { 'content-type': 'text/plain', authorization: `Bearer ${task.callbacks.result?.token}` },
      body: 'text',
    });
    await sender.store.client.send(
      new UpdateItemCommand({
        TableName: sender.store.tasksTable,
        Key: { taskId: { S: task.taskId } },
        UpdateExpression: 'SET #resume = :resume',
        ExpressionAttributeNames: { '#resume': 'resume' },
        ExpressionAttributeValues: { ':resume': { M: marshall({ kind: 'stepFunctions', ...resume }) } },
      }),
    );
    const answer = await open.send({
      path: `/v1/tasks/${task.taskId}/reopen`,
      body: '{"reason":"wrong"}',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status, JSON.stringify(answer.json)).toBe(status);
    if (status === 409) expect(answer).toBeRefusedWith('task_resumed');
    expect((await readTask(sender.store, task.taskId))?.resume).toStrictEqual({ kind: 'stepFunctions', ...resume });
  });
});

describe('a workflow that the application may not resume', () => {
  test.for([
    ['no workflow', [], { kind: 'stepFunctions', taskToken: TOKEN }, '/resume/kind'],
    ['none of this kind', [FUNCTION], { kind: 'stepFunctions', taskToken: TOKEN }, '/resume/kind'],
    ['another one', [MACHINE], { kind: 'stepFunctions', taskToken: TOKEN, arn: OTHER_MACHINE }, '/resume/arn'],
    [
      'one of another kind',
      [MACHINE, FUNCTION],
      { kind: 'stepFunctions', taskToken: TOKEN, arn: FUNCTION },
      '/resume/arn',
    ],
    ['an empty name', [MACHINE], { kind: 'stepFunctions', taskToken: TOKEN, arn: 'x' }, '/resume/arn'],
  ] as const)(
    'R1 is refused: the application may resume %s',
    async ([, resumes, resume, pointer], { opening, sender }) => {
      const open = opening(...resumes);
      const answer = await post(open, { resume });
      expect(answer.status).toBe(403);
      expect(answer).toBeRefusedWith('resume_not_allowed');
      expect((answer.json as { errors: { pointer: string }[] }).errors.map((one) => one.pointer)).toStrictEqual([
        pointer,
      ]);
      expect(JSON.stringify([answer.json, open.lines])).not.toContain(TOKEN);
      expect(sender.dynamodb.count()).toBe(0);
    },
  );

  test('must be named if the workflows of its kind are in two accounts', async ({ opening }) => {
    const open = opening(MACHINE, ELSEWHERE);
    const resume = { kind: 'stepFunctions', taskToken: TOKEN };
    const answer = await post(open, { resume });
    expect(answer).toBeRefusedWith('request_invalid');
    expect(answer.json).toMatchObject({ errors: [{ pointer: '/resume/arn' }] });
    expect((await post(open, { resume: { ...resume, arn: ELSEWHERE } })).status).toBe(201);
  });
});

describe('the ARN of a workflow', () => {
  base.for([
    [MACHINE, 'stepFunctions'],
    [FUNCTION, 'durableFunction'],
    ['arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:A', 'stepFunctions'],
    [`${MACHINE}:1`, undefined],
    ['arn:aws:states:eu-west-1:111122223333:express:Invoices', undefined],
    ['arn:aws:lambda:eu-west-1:111122223333:function:invoices', undefined],
    ['arn:aws:lambda:eu-west-1:111122223333:function:invoices:live', undefined],
    ['arn:aws:lambda:eu-west-1:111122223333:function:*', undefined],
  ] as const)('%s names the kind %s', ([arn, kind]) => {
    expect(workflowOf(arn)?.kind).toBe(kind);
  });
});
