import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { LambdaClient, SendDurableExecutionCallbackHeartbeatCommand } from '@aws-sdk/client-lambda';
import { SendTaskHeartbeatCommand, SFNClient } from '@aws-sdk/client-sfn';
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { describe, expect } from 'vitest';
import { startStandIns } from '../../../local/stand-ins/server.ts';
import { LOCAL_CLIENT } from '../../support/engine.ts';
import { test as base } from '../../support/unit-fixtures.ts';

const AT = '2026-01-02T03:04:05.678Z';
const ROLE = 'arn:aws:iam::111122223333:role/partner/resume';

const test = base.extend('sts', async ({ ownFolder }, { onCleanup }) => {
  const standIns = await startStandIns({
    dataDirectory: ownFolder,
    eventsFile: `${ownFolder}/events.jsonl`,
    now: () => Date.parse(AT),
  });
  const client = new STSClient({ ...LOCAL_CLIENT, endpoint: standIns.endpoint, maxAttempts: 1 });
  onCleanup(async () => {
    client.destroy();
    await standIns.stop();
  });
  return {
    client,
    endpoint: standIns.endpoint,
    port: standIns.port,
    linesOf: (file: 'roles' | 'resumes') => {
      const lines = readFileSync(standIns[file].file, 'utf8').trim().split('\n');
      return lines.map((line) => JSON.parse(line));
    },
    assume: (input: Partial<AssumeRoleCommandInput> = {}) =>
      client.send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'resume', ...input })),
  };
});

describe('AssumeRole', () => {
  test('gives credentials for an hour, and writes role and external id without them', async ({ sts }) => {
    const { AssumedRoleUser, Credentials } = await sts.assume({ ExternalId: 'a-secret-name' });
    expect(Credentials).toEqual({
      AccessKeyId: expect.stringMatching(/^ASIA[0-9A-F]{16}$/),
      SecretAccessKey: expect.any(String),
      SessionToken: expect.any(String),
      Expiration: new Date('2026-01-02T04:04:05Z'),
    });
    expect(AssumedRoleUser?.Arn).toBe('arn:aws:sts::111122223333:assumed-role/resume/resume');
    await sts.assume({ DurationSeconds: 900 });
    const line = { at: AT, roleArn: ROLE, sessionName: 'resume' };
    expect(sts.linesOf('roles')).toEqual([{ ...line, externalId: 'a-secret-name' }, line]);
  });

  test.for<[string, Partial<AssumeRoleCommandInput>]>([
    ['an ARN that is not of a role', { RoleArn: 'arn:aws:iam::111122223333:user/resume' }],
    ['a session name of one character', { RoleSessionName: 'r' }],
    ['a session name of 65 characters', { RoleSessionName: 'r'.repeat(65) }],
    ['an external id of 1,225 characters', { ExternalId: 'e'.repeat(1_225) }],
    ['899 seconds', { DurationSeconds: 899 }],
    ['43,201 seconds', { DurationSeconds: 43_201 }],
  ])('refuses %s', async ([_, input], { sts }) => {
    await expect(sts.assume(input)).rejects.toMatchObject({ name: 'ValidationError' });
  });

  test('takes a session name of 64 characters and an external id of 1,224', async ({ sts }) => {
    await sts.assume({
      RoleSessionName: 'r'.repeat(64),
      ExternalId: 'e'.repeat(1_224),
      DurationSeconds: 43_200,
    });
  });

  test('refuses a role with "denied" in its name', async ({ sts }) => {
    const denied = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };
    await expect(sts.assume({ RoleArn: `${ROLE}-denied` })).rejects.toMatchObject(denied);
  });
});

test('there is no other action', async ({ sts }) => {
  const call = sts.client.send(new GetCallerIdentityCommand({}));
  await expect(call).rejects.toMatchObject({ name: 'InvalidAction' });
});

test('a request that is signed with credentials of a role names it in the file of the requests', async ({
  onTestFinished,
  sts,
}) => {
  const { Credentials } = await sts.assume();
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  const configuration = {
    region: 'eu-central-1',
    endpoint: sts.endpoint,
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
  };
  const states = new SFNClient(configuration);
  const lambda = new LambdaClient(configuration);
  onTestFinished(() => {
    states.destroy();
    lambda.destroy();
  });
  await states.send(new SendTaskHeartbeatCommand({ taskToken: 'token' }));
  await lambda.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId: 'id' }));
  expect(sts.linesOf('resumes')).toMatchObject([
    { taskToken: 'token', roleArn: ROLE, answer: 200 },
    { callbackId: 'id', roleArn: ROLE, answer: 200 },
  ]);
});

test('a client that is gone in the middle of its request harms nobody', async ({ sts }) => {
  const head =
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 99\r\n\r\n';
  await new Promise<void>((resolve) => {
    const socket = connect(sts.port, '127.0.0.1', () => socket.write(`${head}Action=`, () => socket.resetAndDestroy()));
    socket.once('close', () => resolve());
  });
  expect((await sts.assume()).Credentials).toBeDefined();
});
