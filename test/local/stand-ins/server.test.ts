import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type StandInsOptions, startStandIns } from '../../../local/stand-ins/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-'));
const options = { dataDirectory: folder, eventsFile: join(folder, 'events.jsonl') } satisfies StandInsOptions;
const standIns = await startStandIns(options);
afterAll(async () => {
  await standIns.stop();
  rmSync(folder, { recursive: true });
});

const call = async (target: string, input: object) => {
  const response = await fetch(standIns.endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(input),
  });
  return { status: response.status, body: await response.json() };
};

describe('Secrets Manager: GetSecretValue', () => {
  const arn = standIns.secrets.put('postern/local/secret', '{"clientSecret":"s"}');

  test.each([
    ['name', 'postern/local/secret'],
    ['ARN', arn],
    ['ARN without its end', arn.slice(0, -7)],
  ])('by %s', async (_, SecretId) => {
    expect(await call('secretsmanager.GetSecretValue', { SecretId })).toEqual({
      status: 200,
      body: {
        ARN: arn,
        Name: 'postern/local/secret',
        SecretString: '{"clientSecret":"s"}',
        VersionId: expect.any(String),
        VersionStages: ['AWSCURRENT'],
        CreatedDate: expect.any(Number),
      },
    });
  });

  test.each([
    ['an unknown secret', { SecretId: 'nothing' }, 'ResourceNotFoundException'],
    ['an earlier version', { SecretId: arn, VersionStage: 'AWSPREVIOUS' }, 'ResourceNotFoundException'],
    ['no name', {}, 'ValidationException'],
    ['a name that is no string', { SecretId: 1 }, 'SerializationException'],
  ])('%s is refused', async (_, input, __type) => {
    expect(await call('secretsmanager.GetSecretValue', input)).toMatchObject({ status: 400, body: { __type } });
  });
});

describe('the port of the stand-ins', () => {
  test.each(['TrentService.ReEncrypt', 'Nothing.Sign', 'TrentService', 'TrentService.constructor'])(
    'knows no operation %s',
    async (target) => {
      expect(await call(target, {})).toMatchObject({ status: 400, body: { __type: 'UnknownOperationException' } });
    },
  );

  test('carries routes of others beside the services, on a server that was bound before', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const own = await startStandIns({ ...options, server });
    own.route('/load-balancer/public-keys/', (request, response) => response.end(`the key of ${request.url}`));

    const found = await fetch(`${own.endpoint}/load-balancer/public-keys/kid`);
    expect(await found.text()).toBe('the key of /load-balancer/public-keys/kid');
    expect((await fetch(`${own.endpoint}/elsewhere`)).status).toBe(404);

    await own.stop();
    expect(server.listening).toBe(true);
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  });

  test('that is taken is refused', async () => {
    await expect(startStandIns({ ...options, port: standIns.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
