import { readFileSync, statSync, writeFileSync } from 'node:fs';
import {
  InvalidOutput,
  InvalidToken,
  SendTaskFailureCommand,
  type SendTaskFailureCommandInput,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
  ValidationException,
} from '@aws-sdk/client-sfn';
import { describe, expect } from 'vitest';
import { startStandIns } from '../../../local/stand-ins/server.ts';
import { LOCAL_CLIENT } from '../../support/engine.ts';
import { test as base } from '../../support/unit-fixtures.ts';

const AT = '2026-01-02T03:04:05.678Z';

const test = base.extend('states', async ({ ownFolder }, { onCleanup }) => {
  const faultsClearedFile = `${ownFolder}/faults-cleared`;
  const standIns = await startStandIns({
    dataDirectory: ownFolder,
    eventsFile: `${ownFolder}/events.jsonl`,
    faultsClearedFile,
    now: () => Date.parse(AT),
  });
  const client = new SFNClient({ ...LOCAL_CLIENT, endpoint: standIns.endpoint, maxAttempts: 1 });
  onCleanup(async () => {
    client.destroy();
    await standIns.stop();
  });
  return {
    file: standIns.resumes.file,
    faultsClearedFile,
    lines: () => {
      const lines = readFileSync(standIns.resumes.file, 'utf8').trim().split('\n');
      return lines.map((line) => JSON.parse(line));
    },
    succeed: (taskToken: string, output = '{}') => client.send(new SendTaskSuccessCommand({ taskToken, output })),
    fail: (taskToken: string, more: Partial<SendTaskFailureCommandInput> = {}) =>
      client.send(new SendTaskFailureCommand({ taskToken, ...more })),
    beat: (taskToken: string) => client.send(new SendTaskHeartbeatCommand({ taskToken })),
  };
});

describe('the file of the requests', () => {
  test('has each request in order, as it was sent, with its answer', async ({ states }) => {
    const output = '{ "taskId":"t-1",\n"result": 1.0, "result": 2 }';
    await states.succeed('token', output);
    await states.fail('token', { error: 'Processor.Failed', cause: '{"code":"E1"}' });
    await states.fail('token');
    await states.beat('token');
    await expect(states.beat('timed-out')).rejects.toThrow(TaskTimedOut);
    const common = { at: AT, service: 'states', taskToken: 'token', answer: 200 };
    expect(states.lines()).toEqual([
      { ...common, action: 'SendTaskSuccess', output },
      { ...common, action: 'SendTaskFailure', error: 'Processor.Failed', cause: '{"code":"E1"}' },
      { ...common, action: 'SendTaskFailure' },
      { ...common, action: 'SendTaskHeartbeat' },
      { ...common, action: 'SendTaskHeartbeat', taskToken: 'timed-out', answer: 'TaskTimedOut' },
    ]);
  });

  test('exists before the first request, for its owner alone', ({ states }) => {
    expect(statSync(states.file).mode & 0o777).toBe(0o600);
  });
});

describe('limits', () => {
  test('a token has 1 to 2,048 characters', async ({ states }) => {
    await states.beat('t'.repeat(2_048));
    await expect(states.beat('t'.repeat(2_049))).rejects.toThrow(ValidationException);
    await expect(states.beat('')).rejects.toThrow(ValidationException);
    expect(states.lines().map(({ answer }) => answer)).toEqual([200, 'ValidationException', 'ValidationException']);
  });

  test('an output has 262,144 bytes', async ({ states }) => {
    const output = JSON.stringify('ü'.repeat(131_071));
    expect(Buffer.byteLength(output)).toBe(262_144);
    await states.succeed('token', output);
    await expect(states.succeed('token', `${output} `)).rejects.toThrow(ValidationException);
  });

  test('an error has 256 characters, a cause 32,768', async ({ states }) => {
    await states.fail('token', { error: 'ü'.repeat(256), cause: 'ü'.repeat(32_768) });
    await expect(states.fail('token', { error: 'e'.repeat(257) })).rejects.toThrow(ValidationException);
    await expect(states.fail('token', { cause: 'c'.repeat(32_769) })).rejects.toThrow(ValidationException);
  });

  test.for(['', '{', 'undefined', '{"a":1}}'])(
    'an output that is no JSON is refused: %s',
    async (output, { states }) => {
      await expect(states.succeed('token', output)).rejects.toThrow(InvalidOutput);
      expect(states.lines()).toMatchObject([{ output, answer: 'InvalidOutput' }]);
    },
  );
});

describe('a word in the token chooses the answer', () => {
  test.for([
    ['a-timed-out-token', TaskTimedOut],
    ['timedout', TaskTimedOut],
    ['unknown-7', TaskDoesNotExist],
    ['the-invalid-one', InvalidToken],
    ['in-valid', InvalidToken],
  ] as const)('%s', async ([token, error], { states }) => {
    await expect(states.succeed(token)).rejects.toThrow(error);
    await expect(states.fail(token)).rejects.toThrow(error);
    await expect(states.beat(token)).rejects.toThrow(error);
    expect(states.lines()).toHaveLength(3);
  });

  test('throttle-3: three throttlings of each token, then success', async ({ states }) => {
    for (const token of ['throttle-3', 'throttle-3', 'throttle-1-9', 'throttle-3']) {
      await expect(states.succeed(token)).rejects.toMatchObject({ name: 'ThrottlingException' });
    }
    await states.succeed('throttle-3');
    await states.succeed('throttle-1-9');
    expect(states.lines().map(({ answer }) => answer)).toEqual([
      ...Array(4).fill('ThrottlingException'),
      ...Array(2).fill(200),
    ]);
  });

  test('throttle-12-timed-out: twelve throttlings, then the other answer', async ({ states }) => {
    for (let attempt = 1; attempt <= 12; attempt += 1) {
      await expect(states.beat('throttle-12-timed-out')).rejects.toMatchObject({ name: 'ThrottlingException' });
    }
    await expect(states.beat('throttle-12-timed-out')).rejects.toThrow(TaskTimedOut);
  });

  test('bad-result: an output with a member "result" is refused, another one is not', async ({ states }) => {
    await expect(states.succeed('bad-result', '{"taskId":"t","result":null}')).rejects.toThrow(InvalidOutput);
    await states.succeed('bad-result', '{"taskId":"t","location":"https://example.com/result"}');
    await states.fail('bad-result');
  });

  test('bad-output: every output is refused', async ({ states }) => {
    await expect(states.succeed('bad-output', '{"taskId":"t"}')).rejects.toThrow(InvalidOutput);
    await states.beat('bad-output');
  });

  test('local-fault: an error of the service until the file faults-cleared exists', async ({ states }) => {
    const fault = { name: 'InternalFailure', $metadata: { httpStatusCode: 500 } };
    await expect(states.succeed('local-fault')).rejects.toMatchObject(fault);
    writeFileSync(states.faultsClearedFile, '');
    await states.succeed('local-fault');
    expect(states.lines().map(({ answer }) => answer)).toEqual(['InternalFailure', 200]);
  });
});
