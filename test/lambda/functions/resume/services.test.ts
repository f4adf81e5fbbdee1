import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { STSClient } from '@aws-sdk/client-sts';
import { describe, expect } from 'vitest';
import { type ResumeTarget, workflowOf } from '../../../../lambda/contract/resume.ts';
import { createConnectWorkflow } from '../../../../lambda/functions/resume/connect-workflow.ts';
import { createAssumeRole } from '../../../../lambda/functions/resume/role-credentials.ts';
import type { Destination } from '../../../../lambda/functions/resume/workflow.ts';
import { LOCAL_CLIENT } from '../../../support/engine.ts';
import { test as base } from '../../../support/unit-fixtures.ts';

const MACHINE = 'arn:aws:states:eu-central-1:111122223333:stateMachine:Theirs';
const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:invoices:*';
const ROLE = { roleArn: 'arn:aws:iam::111122223333:role/resume', externalId: 'a-secret-name' };

const at = (target: ResumeTarget) => ({ ...target, ...workflowOf(target.arn) }) as Destination;

interface Seen {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const test = base
  /** A server that answers as Step Functions and Lambda do. */
  .extend('service', async ({}, { onCleanup }) => {
    const seen: Seen[] = [];
    let connections = 0;
    let answer: { readonly status: number; readonly error?: string } = { status: 200 };
    let text = '{}';
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        seen.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
        response.writeHead(answer.status, {
          'content-type': 'application/x-amz-json-1.0',
          ...(answer.error && { 'x-amzn-errortype': answer.error }),
        });
        response.end(answer.error ? JSON.stringify({ __type: answer.error, message: 'no' }) : text);
      });
    });
    server.on('connection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(() => new Promise<void>((resolve) => server.close(() => resolve())));
    return {
      seen,
      connections: () => connections,
      answerAs: (body: string) => {
        text = body;
      },
      fail: (status: number, error: string) => {
        answer = { status, error };
      },
      configuration: { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...LOCAL_CLIENT },
    };
  })
  .extend('connect', ({ service }) =>
    createConnectWorkflow(
      async () => ({
        accessKeyId: 'THEIRS',
        secretAccessKey: 'secret',
        sessionToken: 'their-session',
        expiration: new Date(4e12),
      }),
      service.configuration,
    ),
  );

describe('Step Functions', () => {
  test('is told a result, a failure and a heartbeat', async ({ connect, service }) => {
    const workflow = await connect(at({ arn: MACHINE }));
    const output = '{"result":{"a": 1.0,"é":"\\u00e9"}}';
    await workflow.succeed('a-token', output);
    await workflow.fail('a-token', { error: 'Processor.Failed', message: 'for people', cause: '{"taskId":"t"}' });
    await workflow.heartbeat('a-token');
    expect(service.seen.map(({ body, headers }) => [headers['x-amz-target'], JSON.parse(body)])).toEqual([
      ['AWSStepFunctions.SendTaskSuccess', { taskToken: 'a-token', output }],
      [
        'AWSStepFunctions.SendTaskFailure',
        { taskToken: 'a-token', error: 'Processor.Failed', cause: '{"taskId":"t"}' },
      ],
      ['AWSStepFunctions.SendTaskHeartbeat', { taskToken: 'a-token' }],
    ]);
  });
});

describe('a durable function', () => {
  test('is told a result, a failure and a heartbeat', async ({ connect, service }) => {
    const workflow = await connect(at({ arn: FUNCTION }));
    const output = '{"result":{"a": 1.0,"é":"\\u00e9"}}';
    await workflow.succeed('Ab+/9==', output);
    await workflow.fail('Ab+/9==', { error: 'Processor.Failed', message: 'for people', cause: '{"taskId":"t"}' });
    await workflow.heartbeat('Ab+/9==');
    const path = '/2025-12-01/durable-execution-callbacks/Ab%2B%2F9%3D%3D';
    expect(service.seen.map((seen) => seen.path)).toEqual([`${path}/succeed`, `${path}/fail`, `${path}/heartbeat`]);
    expect(service.seen[0]?.body).toBe(output);
    expect(JSON.parse(service.seen[1]?.body as string)).toEqual({
      ErrorType: 'Processor.Failed',
      ErrorMessage: 'for people',
      ErrorData: '{"taskId":"t"}',
    });
  });
});

describe.each([MACHINE, FUNCTION])('a call to %s', (arn) => {
  test('makes one attempt, and has the name and status of its error', async ({ connect, service }) => {
    const workflow = await connect(at({ arn }));
    for (const [status, error] of [
      [500, 'InternalFailure'],
      [429, 'TooManyRequestsException'],
      [400, 'ThrottlingException'],
    ] as const) {
      service.fail(status, error);
      await expect(workflow.heartbeat('Ab==')).rejects.toMatchObject({
        name: error,
        $metadata: { httpStatusCode: status },
      });
    }
    expect(service.seen).toHaveLength(3);
  });

  test('has a connection of its own: none that the service has closed meanwhile', async ({ connect, service }) => {
    const workflow = await connect(at({ arn }));
    await workflow.heartbeat('Ab==');
    await workflow.heartbeat('Ab==');
    expect(service.connections()).toBe(2);
  });

  test('goes to the Region of the workflow, with the role of its account', async ({ connect, service }) => {
    const region = workflowOf(arn)?.region as string;
    await (await connect(at({ arn }))).heartbeat('Ab==');
    await (await connect(at({ arn, ...ROLE }))).heartbeat('Ab==');
    const [own, theirs] = service.seen.map(({ headers }) => headers);
    expect(own?.authorization).toContain(`Credential=local/`);
    expect(own?.authorization).toContain(`/${region}/`);
    expect(theirs?.authorization).toContain(`Credential=THEIRS/`);
    expect(theirs?.authorization).toContain(`/${region}/`);
    expect(theirs?.['x-amz-security-token']).toBe('their-session');
  });
});

describe('the role of another account', () => {
  const EXPIRY = 1_800_000_000_000;

  /** STS, with a clock. */
  const anAssumeRole = () => {
    const inputs: object[] = [];
    let now = EXPIRY - 3_600_000;
    const client = {
      send: async ({ input }: { readonly input: object }) => {
        inputs.push(input);
        return {
          Credentials: {
            AccessKeyId: `KEY${inputs.length}`,
            SecretAccessKey: 's',
            SessionToken: 't',
            Expiration: new Date(now + 3_600_000),
          },
        };
      },
    };
    return {
      inputs,
      assume: createAssumeRole(client as never, 'postern-test', () => now),
      setClock: (time: number) => {
        now = time;
      },
    };
  };

  test('is assumed once with its external id, and again 10 minutes before its credentials end', async () => {
    const { assume, inputs, setClock } = anAssumeRole();
    const target = { arn: MACHINE, ...ROLE };
    expect(await assume(target)).toMatchObject({ accessKeyId: 'KEY1', expiration: new Date(EXPIRY) });
    setClock(EXPIRY - 600_001);
    expect(await assume(target)).toMatchObject({ accessKeyId: 'KEY1' });
    setClock(EXPIRY - 600_000);
    expect(await assume(target)).toMatchObject({ accessKeyId: 'KEY2' });
    expect(inputs).toEqual(
      Array(2).fill({ RoleArn: ROLE.roleArn, ExternalId: ROLE.externalId, RoleSessionName: 'postern-test' }),
    );
  });

  test('is asked of STS by its name, with the external id', async ({ service }) => {
    service.answerAs(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
      <AccessKeyId>THEIRS</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
      <Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`);
    const assume = createAssumeRole(new STSClient(service.configuration), 'postern-test', () => 0);
    expect(await assume({ arn: MACHINE, ...ROLE })).toEqual({
      accessKeyId: 'THEIRS',
      secretAccessKey: 's',
      sessionToken: 't',
      expiration: new Date('2030-01-01T00:00:00Z'),
    });
    expect(Object.fromEntries(new URLSearchParams(service.seen[0]?.body))).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: ROLE.roleArn,
      ExternalId: ROLE.externalId,
      RoleSessionName: 'postern-test',
    });
  });

  test('is an error without credentials in the answer', async () => {
    const assume = createAssumeRole({ send: async () => ({}) } as never, 'postern-test', () => 0);
    await expect(assume({ arn: MACHINE, ...ROLE })).rejects.toThrow('STS answered without credentials.');
  });

  test('is another one with another external id', async () => {
    const { assume, inputs } = anAssumeRole();
    await assume({ arn: MACHINE, ...ROLE });
    await assume({ arn: MACHINE, ...ROLE, externalId: 'another' });
    expect(inputs).toHaveLength(2);
  });

  test('that cannot be assumed is an error before the call', async ({ service }) => {
    const denied = Object.assign(new Error(''), { name: 'AccessDenied' });
    const connect = createConnectWorkflow(() => Promise.reject(denied), service.configuration);
    await expect(connect(at({ arn: MACHINE, ...ROLE }))).rejects.toBe(denied);
    expect(service.seen).toEqual([]);
  });

  test('is assumed again when its credentials end, for a client that is kept', async ({ service }) => {
    let made = 0;
    const connect = createConnectWorkflow(async () => {
      made += 1;
      return {
        accessKeyId: `KEY${made}`,
        secretAccessKey: 's',
        sessionToken: 't',
        expiration: new Date(Date.now() + 1_000),
      };
    }, service.configuration);
    for (let call = 1; call <= 2; call += 1) await (await connect(at({ arn: MACHINE, ...ROLE }))).heartbeat('Ab==');
    const keys = service.seen.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? '')?.[1]);
    expect(new Set(keys).size).toBe(2);
  });
});
