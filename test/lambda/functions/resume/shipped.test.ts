import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { EncryptCommand } from '@aws-sdk/client-kms';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect } from 'vitest';
import { REGISTRY_FILE } from '../../../../lambda/contract/registry.ts';
import { RESUME_TARGETS_FILE, resumeTokenContext } from '../../../../lambda/contract/resume.ts';
import { bundleFunctions } from '../../../../lib/functions/bundles.ts';
import { findFunctionRuntime } from '../../../../local/functions/function-host.ts';
import { type FunctionProcess, startFunctionProcess } from '../../../../local/functions/function-process.ts';
import { LOCAL_ENVIRONMENT } from '../../../support/engine.ts';
import type { Fault } from '../../../support/fault-proxy.ts';
import { test as base } from '../../../support/fixtures.ts';
import { readTask } from '../../../support/receiver.ts';
import { REGISTRY } from '../../../support/registry.ts';
import { aReceive, closedWith, storeWaited, TARGETS } from '../../../support/resuming.ts';
import { aStoredTask } from '../../../support/stored-task.ts';
import { ORIGIN } from '../../../support/tokens.ts';
import { someVariables } from '../../../support/variables.ts';

const TOKEN = 'AQCEAAAAKgAAAAMAAAAAtaskToken';
const RESULT = '{"total":12}';

type Answer = (response: ServerResponse) => void;

const test = base
  /** Step Functions: a state that waits takes one outcome. The test may do something before the answer. */
  .extend('states', async ({}, { onCleanup }) => {
    const outcomes: string[] = [];
    const actions: string[] = [];
    let beforeAnswer: ((isTaken: boolean) => Promise<void>) | undefined;
    const listen: RequestListener = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', async () => {
        const { output, taskToken } = JSON.parse(Buffer.concat(chunks).toString());
        actions.push(String(request.headers['x-amz-target']).split('.')[1] as string);
        expect(taskToken).toBe(TOKEN);
        const isTaken = outcomes.length === 0;
        if (isTaken) outcomes.push(output);
        await beforeAnswer?.(isTaken);
        const answer: Answer = isTaken ? succeed : refuse('TaskTimedOut');
        answer(response);
      });
    };
    const server = createServer(listen);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(
      () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    return {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      outcomes,
      actions,
      interrupt: (run: typeof beforeAnswer) => {
        beforeAnswer = run;
      },
    };
  })
  /** The files of the function, as its package has them. */
  .extend('code', { scope: 'file' }, async ({ folder }) => {
    const { functions } = await bundleFunctions();
    const path = join(folder, 'resume');
    mkdirSync(path);
    const files = {
      'index.js': functions.resume,
      'package.json': '{"type":"commonjs"}',
      [REGISTRY_FILE]: JSON.stringify(REGISTRY),
      [RESUME_TARGETS_FILE]: JSON.stringify(TARGETS),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
    return path;
  })
  .extend('queues', { scope: 'file' }, ({ kms }) => {
    const ensure = (logicalId: string) => {
      const properties = { FifoQueue: true };
      const { name } = kms.standIns.queues.ensureQueue({ logicalId, type: 'AWS::SQS::Queue', properties });
      return `https://sqs.eu-west-1.amazonaws.com/000000000000/${name}`;
    };
    return { outcomes: ensure('Outcomes'), deadLetters: ensure('OutcomeDeadLetters') };
  })
  /** Starts a process of the function. */
  .extend('start', ({ code, kms, kmsProxy, proxy, queues, s3, s3Proxy, states, store }, { onCleanup }) => {
    const started: FunctionProcess[] = [];
    onCleanup(async () => {
      for (const each of started) await each.stop();
    });
    return async (lines: string[] = []): Promise<FunctionProcess> => {
      const process = await startFunctionProcess(
        {
          name: 'resume',
          arn: 'arn:aws:lambda:eu-west-1:000000000000:function:resume',
          modulePath: join(code, 'index.js'),
          handlerName: 'handler',
          timeoutMs: 300_000,
          memoryMegabytes: 512,
          environment: {
            ...LOCAL_ENVIRONMENT,
            ...someVariables('resume', {
              POSTERN_ORIGIN: ORIGIN,
              TASKS_TABLE: store.tasksTable,
              LOOKUPS_TABLE: store.lookupsTable,
              PAYLOAD_BUCKET: s3.bucket,
              RESUME_KEY_ID: kms.encryptionKey.arn,
              OUTCOME_QUEUE_URL: queues.outcomes,
              DEAD_LETTER_QUEUE_URL: queues.deadLetters,
            }),
            AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint,
            AWS_ENDPOINT_URL_KMS: kmsProxy.endpoint,
            AWS_ENDPOINT_URL_S3: s3Proxy.endpoint,
            AWS_ENDPOINT_URL_SQS: kms.endpoint,
            AWS_ENDPOINT_URL_SFN: states.endpoint,
          },
        },
        findFunctionRuntime().executable,
        (_, line) => lines.push(line),
      );
      started.push(process);
      return process;
    };
  })
  /** Stores a task that succeeded with a result in the bucket. Its token is encrypted by KMS. */
  .extend('aTask', ({ kms, s3, store }) => async () => {
    const { taskId } = aStoredTask();
    const { CiphertextBlob: ciphertext } = await kms.client.send(
      new EncryptCommand({
        KeyId: kms.encryptionKey.arn,
        Plaintext: Buffer.from(TOKEN),
        EncryptionContext: resumeTokenContext('test', taskId),
      }),
    );
    const { payload: _, ...closed } = closedWith('succeeded', RESULT);
    const payloadKey = `results/${taskId}/jti/digest`;
    await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: payloadKey, Body: RESULT }));
    return storeWaited(store, { ...closed, taskId, payloadKey, resumeToken: ciphertext as Uint8Array });
  });

const succeed: Answer = (response) =>
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
const refuse =
  (name: string): Answer =>
  (response) =>
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify({ __type: name }));

/** An event with the message of a task, as the queue passes it. */
const eventOf = (task: Parameters<typeof aReceive>[0]) => {
  const { body, messageId, receiptHandle } = aReceive(task);
  const now = `${Date.now()}`;
  const attributes = { ApproximateReceiveCount: '1', SentTimestamp: now, ApproximateFirstReceiveTimestamp: now };
  return { Records: [{ messageId, receiptHandle, body, attributes, eventSource: 'aws:sqs' }] };
};

const DONE = { batchItemFailures: [] };

describe('the shipped function', () => {
  test('tells the outcome, and its lines have neither the token nor the result', async ({
    aTask,
    start,
    states,
    store,
  }) => {
    const lines: string[] = [];
    const task = await aTask();
    const process = await start(lines);
    expect(await process.invoke(eventOf(task), randomUUID())).toEqual(DONE);
    expect(states.outcomes).toEqual([
      `{"taskId":"${task.taskId}","status":"succeeded","contentType":"application/json","result":${RESULT}}`,
    ]);
    expect((await readTask(store, task.taskId))?.resume?.state).toBe('delivered');
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toMatch(/taskToken|total/);
  });

  /** Requests in their order. The process is killed when one arrives, or before its answer is sent. */
  const KILLS = [
    ['GetItem', 1],
    ['Decrypt', 1],
    ['GetObject', 1],
    ['UpdateItem', 1],
    ['SendTaskSuccess', 1],
    ['UpdateItem', 2],
  ] as const;

  test.for(KILLS)(
    'tells the outcome once if it is killed (SIGKILL) at %s %i',
    async ([operation, number], { aTask, kmsProxy, proxy, s3Proxy, start, states, store }) => {
      const task = await aTask();
      let process = await start();
      let killed = false;
      const choose = (request: { readonly operation: string; readonly number: number }): Fault | undefined => {
        if (killed || request.operation !== operation || request.number !== number) return undefined;
        killed = true;
        void process.stop();
        return { kind: 'silence' };
      };
      for (const each of [proxy, kmsProxy, s3Proxy]) each.inject(choose);
      states.interrupt(async () => {
        if (killed || operation !== 'SendTaskSuccess') return;
        killed = true;
        // The workflow was told. Nobody hears of it.
        await process.stop();
      });
      await expect(process.invoke(eventOf(task), randomUUID())).rejects.toMatchObject({ reason: 'crash' });
      expect(killed).toBe(true);

      process = await start();
      expect(await process.invoke(eventOf(task), randomUUID())).toEqual(DONE);
      const { resume, resumeToken, sequence } = (await readTask(store, task.taskId)) ?? {};
      expect(resume).toEqual({ kind: 'stepFunctions', state: 'delivered', at: expect.any(String) });
      expect(resumeToken).toBeUndefined();
      expect(sequence).toBe(task.sequence + 1);
      expect(states.outcomes).toHaveLength(1);
      expect(states.actions).toHaveLength(operation === 'SendTaskSuccess' || number === 2 ? 2 : 1);
    },
  );
});
