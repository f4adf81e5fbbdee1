import { readFileSync, writeFileSync } from 'node:fs';
import {
  CallbackTimeoutException,
  type ErrorObject,
  InvalidParameterValueException,
  LambdaClient,
  ResourceNotFoundException,
  SendDurableExecutionCallbackFailureCommand,
  SendDurableExecutionCallbackHeartbeatCommand,
  SendDurableExecutionCallbackSuccessCommand,
  ServiceException,
  TooManyRequestsException,
} from '@aws-sdk/client-lambda';
import { describe, expect } from 'vitest';
import { startStandIns } from '../../../local/stand-ins/server.ts';
import { LOCAL_CLIENT } from '../../support/engine.ts';
import { test as base } from '../../support/unit-fixtures.ts';

const AT = '2026-01-02T03:04:05.678Z';
const ID = 'Ab+/9Z8==';

const test = base.extend('callbacks', async ({ ownFolder }, { onCleanup }) => {
  const faultsClearedFile = `${ownFolder}/faults-cleared`;
  const standIns = await startStandIns({
    dataDirectory: ownFolder,
    eventsFile: `${ownFolder}/events.jsonl`,
    resumesFile: `${ownFolder}/own.jsonl`,
    faultsClearedFile,
    now: () => Date.parse(AT),
  });
  const client = new LambdaClient({ ...LOCAL_CLIENT, endpoint: standIns.endpoint, maxAttempts: 1 });
  onCleanup(async () => {
    client.destroy();
    await standIns.stop();
  });
  return {
    endpoint: standIns.endpoint,
    faultsClearedFile,
    lines: () => {
      const lines = readFileSync(`${ownFolder}/own.jsonl`, 'utf8').trim().split('\n');
      return lines.map((line) => JSON.parse(line));
    },
    succeed: (CallbackId: string, result = '{}') =>
      client.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: Buffer.from(result) })),
    fail: (CallbackId: string, error?: ErrorObject) =>
      client.send(new SendDurableExecutionCallbackFailureCommand({ CallbackId, Error: error })),
    beat: (CallbackId: string) => client.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId })),
  };
});

describe('the file of the requests', () => {
  test('has each request in order, as it was sent, with its answer', async ({ callbacks }) => {
    const result = '{ "taskId":"t-1",\n"result": "ü", "result": 2.0 }';
    const error = { ErrorType: 'Processor.E1', ErrorMessage: 'It failed.', ErrorData: '{"code":"E1"}' };
    await callbacks.succeed(ID, result);
    await callbacks.fail(ID, error);
    await callbacks.fail(ID);
    await callbacks.beat(ID);
    await expect(callbacks.beat('timedout')).rejects.toThrow(CallbackTimeoutException);
    const common = { at: AT, service: 'lambda', callbackId: ID, answer: 200 };
    expect(callbacks.lines()).toEqual([
      { ...common, action: 'SendDurableExecutionCallbackSuccess', result },
      { ...common, action: 'SendDurableExecutionCallbackFailure', error },
      { ...common, action: 'SendDurableExecutionCallbackFailure', error: {} },
      { ...common, action: 'SendDurableExecutionCallbackHeartbeat' },
      {
        ...common,
        action: 'SendDurableExecutionCallbackHeartbeat',
        callbackId: 'timedout',
        answer: 'CallbackTimeoutException',
      },
    ]);
  });
});

describe('limits', () => {
  test('an id has 1 to 1,024 characters of base64', async ({ callbacks }) => {
    await callbacks.beat('i'.repeat(1_024));
    for (const id of ['i'.repeat(1_025), 'with-hyphen', 'Ab===', 'a b']) {
      await expect(callbacks.beat(id)).rejects.toThrow(InvalidParameterValueException);
    }
    expect(callbacks.lines().map(({ answer }) => answer)).toEqual([
      200,
      ...Array(4).fill('InvalidParameterValueException'),
    ]);
  });

  test('a result and an error have 262,144 bytes', async ({ callbacks }) => {
    const result = 'ü'.repeat(131_072);
    await callbacks.succeed(ID, result);
    await expect(callbacks.succeed(ID, `${result}.`)).rejects.toThrow(InvalidParameterValueException);
    const ErrorData = 'x'.repeat(262_144 - '{"ErrorData":""}'.length);
    await callbacks.fail(ID, { ErrorData });
    await expect(callbacks.fail(ID, { ErrorData: `${ErrorData}.` })).rejects.toThrow(InvalidParameterValueException);
  });

  test.for(['[]', '{', '{"ErrorType":1}', '{"StackTrace":"one"}'])(
    'an error of another form is refused: %s',
    async (body, { callbacks }) => {
      const url = `${callbacks.endpoint}/2025-12-01/durable-execution-callbacks/abc/fail`;
      const response = await fetch(url, { method: 'POST', body });
      expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([
        400,
        'InvalidRequestContentException',
      ]);
    },
  );

  test.for([
    ['POST', 'Ab/9/succeed'],
    ['POST', 'abc/complete'],
    ['POST', '%E0%A4%A/succeed'],
    ['GET', 'abc/succeed'],
  ])('there is no operation %s %s', async ([method, path], { callbacks }) => {
    const url = `${callbacks.endpoint}/2025-12-01/durable-execution-callbacks/${path}`;
    const response = await fetch(url, { method: String(method) });
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([404, 'UnknownOperationException']);
  });
});

describe('a word in the id chooses the answer', () => {
  test.for([
    ['Atimedout9', CallbackTimeoutException],
    ['unknown7', ResourceNotFoundException],
    ['theinvalidone', InvalidParameterValueException],
  ] as const)('%s', async ([id, error], { callbacks }) => {
    await expect(callbacks.succeed(id)).rejects.toThrow(error);
    await expect(callbacks.fail(id)).rejects.toThrow(error);
    await expect(callbacks.beat(id)).rejects.toThrow(error);
    expect(callbacks.lines()).toHaveLength(3);
  });

  test('throttle3: three throttlings, then success', async ({ callbacks }) => {
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await expect(callbacks.succeed('throttle3')).rejects.toThrow(TooManyRequestsException);
    }
    await callbacks.succeed('throttle3');
    expect(callbacks.lines().map(({ answer }) => answer)).toEqual([...Array(3).fill('TooManyRequestsException'), 200]);
  });

  test('localfault: an error of the service until the file faults-cleared exists', async ({ callbacks }) => {
    await expect(callbacks.succeed('localfault')).rejects.toThrow(ServiceException);
    writeFileSync(callbacks.faultsClearedFile, '');
    await callbacks.succeed('localfault');
    expect(callbacks.lines().map(({ answer }) => answer)).toEqual(['ServiceException', 200]);
  });
});
