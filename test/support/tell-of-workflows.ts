import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, vi } from 'vitest';
import type { FunctionHost } from '../../local/functions/function-host.ts';
import type { ReadyFile } from '../../local/ready-file.ts';
import type { ScenarioContext } from '../../scenario/context.ts';
import { LOCAL_CLIENT } from './engine.ts';
import { EVENTUALLY } from './patience.ts';

/** Functions of the template by which workflows hear of tasks. */
export interface ResumingFunctions {
  readonly host: FunctionHost;
  readonly expire: string;
  readonly resume: string;
}

interface Callback {
  readonly url: string;
}

interface WaitedTask {
  readonly taskId: string;
  readonly callbacks: Readonly<Record<string, Callback>>;
}

/** Larger than what the table keeps of a payload, and small enough for a workflow. */
const LARGE = JSON.stringify({ text: 'x'.repeat(100_000) });

/**
 * Has workflows of both kinds told in each way, refused, throttled and given up. A task that asks for the local fault stays
 * untold until that is cleared.
 * @returns waits until the last workflow has its outcome
 */
export const tellOfWorkflows = async (
  ready: ReadyFile,
  { ask, deliver }: Pick<ScenarioContext, 'ask' | 'deliver'>,
  functions: ResumingFunctions,
): Promise<() => Promise<void>> => {
  const unique = randomBytes(12).toString('hex');
  const waiting = async (resume: object, more: object = {}): Promise<WaitedTask> => {
    const body = { processor: 'acme-ocr', resource: 'invoice-103', expiresIn: 3_600, resume, ...more };
    const response = await ask('/v1/tasks', { method: 'POST', body: JSON.stringify(body) });
    expect(response.status).toBe(201);
    return (await response.json()) as WaitedTask;
  };
  const byState = (words: string) => ({ kind: 'stepFunctions', taskToken: `${words}-z${unique}` });
  const byFunction = (words: string) => ({ kind: 'durableFunction', callbackId: `${words}z${unique}` });
  const send = async ({ callbacks }: WaitedTask, name: string, body: string, status = 200) => {
    const answer = await deliver(callbacks[name] as Callback, body, 'application/json');
    expect([name, answer.status]).toEqual([name, status]);
  };
  const answersOf = (token: string) =>
    readFileSync(ready.resumes.file, 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"${token}"`))
      .map((line) => (JSON.parse(line) as { readonly answer: unknown }).answer);
  const isAnswered = (token: string, answer: unknown) =>
    vi.waitFor(() => expect(answersOf(token)).toContain(answer), EVENTUALLY);

  // A result, after progress, and one that S3 keeps.
  const callbacks = ['result', 'progress', 'failure'];
  for (const [index, make] of [byState, byFunction].entries()) {
    const told = make(`told${index}`);
    const task = await waiting(told, { callbacks });
    await send(task, 'progress', '{"percent":50}');
    await isAnswered(tokenOf(told), 200);
    await send(task, 'result', LARGE);
    await vi.waitFor(() => expect(answersOf(tokenOf(told))).toEqual([200, 200]), EVENTUALLY);
    const failed = make(`failed${index}`);
    await send(await waiting(failed, { callbacks }), 'failure', '{"code":"E1"}');
    await isAnswered(tokenOf(failed), 200);
  }

  // A workflow that is gone, and one whose task is opened again. The callbacks of the new task are issued anew.
  const gone = byState('unknown');
  await send(await waiting(gone), 'result', '{}');
  await isAnswered(tokenOf(gone), 'TaskDoesNotExist');
  const replaced = byState('replaced');
  await waiting(replaced, { supersedes: unique });
  const { taskId } = await waiting(byState('replacement'), { supersedes: unique });
  await isAnswered(tokenOf(replaced), 200);
  expect((await ask(`/v1/tasks/${taskId}/callbacks`, { method: 'POST', body: '{}' })).status).toBe(201);

  // An outcome that is given up after a day.
  const faulty = byState('local-fault-day');
  const givenUp = await waiting(faulty);
  await send(givenUp, 'result', '{}');
  await isAnswered(tokenOf(faulty), 'InternalFailure');
  const message = {
    messageId: 'a-message',
    body: JSON.stringify({ taskId: givenUp.taskId, sequence: 2 }),
    receiptHandle: 'a-receipt',
    attributes: { ApproximateReceiveCount: '200', ApproximateFirstReceiveTimestamp: `${Date.now() - 90_000_000}` },
  };
  expect(await functions.host.invoke(functions.resume, { Records: [message] })).toEqual({ batchItemFailures: [] });

  // A task that expires and whose late result is accepted, before its workflow could get it.
  const late = byState('local-fault-late');
  const expired = await waiting(late);
  const engine = new DynamoDBClient({ ...LOCAL_CLIENT, endpoint: ready.dynamodb.endpoint });
  await engine.send(
    new UpdateItemCommand({
      TableName: ready.dynamodb.tables.tasks,
      Key: { taskId: { S: expired.taskId } },
      UpdateExpression: 'SET deadline = :past, due = :past',
      ExpressionAttributeValues: { ':past': { N: `${Math.floor(Date.now() / 1000) - 5}` } },
    }),
  );
  engine.destroy();
  await functions.host.invoke(functions.expire, {});
  await isAnswered(tokenOf(late), 'InternalFailure');
  await deliver(expired.callbacks.result as Callback, LARGE, 'application/json');
  const kept = (await (await ask(`/v1/tasks/${expired.taskId}/quarantine`)).json()) as { quarantine: { id: string }[] };
  const path = `/v1/tasks/${expired.taskId}/quarantine/${kept.quarantine[0]?.id}/accept`;
  expect((await ask(path, { method: 'POST' })).status).toBe(200);
  return () => isAnswered(tokenOf(late), 200);
};

const tokenOf = (resumed: object): string => {
  const { callbackId, taskToken } = resumed as { readonly callbackId?: string; readonly taskToken?: string };
  return taskToken ?? callbackId ?? '';
};
