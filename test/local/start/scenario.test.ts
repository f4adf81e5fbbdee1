import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { test as base, expect } from 'vitest';
import { describeLocal } from '../../../lib/config/local-form.ts';
import type { Gateway } from '../../../local/gateway.ts';
import { MACHINE_CLIENT_NAMES, type MachineClient } from '../../../local/identity-provider/identities.ts';
import type { ReadyClient } from '../../../local/ready-file.ts';
import { runLocalScenario } from '../../../local/scenario.ts';
import { createReporter, expectThat, ScenarioError, shorten, wrap } from '../../../scenario/reporter.ts';
import { loadLocal } from '../../support/example-environments.ts';
import { run } from './running-gateway.ts';

const SECRET = 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJoZXJlIn0.c2lnbmF0dXJl';

const test = base
  /** Origin of a server that opens tasks and then answers every request with 200. */
  .extend('origin', { scope: 'file' }, async ({}, { onCleanup }) => {
    const server = createServer((request, response) => {
      const isOpening = request.method === 'POST' && request.url === '/v1/tasks';
      response.writeHead(isOpening ? 201 : 200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(
          request.url === '/token'
            ? { access_token: SECRET }
            : {
                taskId: 'task',
                status: 'succeeded',
                callbacks: { result: { url: `${origin}/v1/results/task/${SECRET}` } },
              },
        ),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(() => void server.close());
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return origin;
  });

test('the scenario fails at the first unexpected outcome, and never prints a token', async ({ origin }) => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const client = { clientId: 'local-sender', privateJwk: { ...(await exportJWK(privateKey)), alg: 'ES256' } };
  const nothing = { file: '/dev/null' };
  const gateway: Gateway = {
    ready: {
      gateway: origin,
      issuer: origin,
      idp: { issuer: origin, tokenEndpoint: `${origin}/token` },
      dynamodb: { endpoint: '', tables: { tasks: '', jti: '', audit: '', signingKeys: '' } },
      events: nothing,
      metrics: nothing,
      logs: nothing,
      resumes: nothing,
      lambda: { endpoint: '', targets: {} },
      processors: [],
      clients: {
        ...(Object.fromEntries(MACHINE_CLIENT_NAMES.map((name) => [name, client])) as Record<
          MachineClient,
          ReadyClient
        >),
        dpop: client,
        signed: client,
        standard: { secret: '' },
        dispatch: { apiKey: '', secret: '' },
      },
    },
    services: '',
    engine: '',
    runtime: '',
    alarms: { record: () => false, state: () => 'OK', list: () => [], names: [], notEvaluated: [] },
    context: { environment: {}, registry: {}, applications: {}, log: () => {} },
    description: { ...describeLocal(loadLocal()), stacks: { state: '', gateway: '' } },
    seededFile: '',
    forwarded: () => 0,
    announce: () => {},
    stop: async () => {},
  };
  const lines: string[] = [];
  const played = runLocalScenario(
    gateway,
    createReporter((line) => lines.push(line), false),
  );

  await expect(played).rejects.toThrow('Expected a pending task; found "succeeded".');
  await expect(played).rejects.toBeInstanceOf(ScenarioError);
  expect(lines.join('\n')).not.toContain(SECRET);
});

test('npm run demo plays the whole scenario and exits with 0', async () => {
  const demo = run('demo', [], {});
  expect(await demo.ended).toBe(0);
  const said = demo.said();
  expect(said.match(/^[ \d]\d\. {2}/gm)).toHaveLength(11);
  expect(said).toMatch(/The sender sees the job at the processor, job-[0-9a-f-]{36}\.\s+Attempts: 1\./);
  expect(said).toContain('token_replayed');
  expect(said).toMatch(/ReplayDetected is now\s+ALARM/);
  expect(said).not.toMatch(/eyJ[\w-]{20,}/);
  expect(said.split('\n').every((line) => line.length <= 100)).toBe(true);
  expect(said).not.toContain('\u001b');
});

test('an unmet expectation names what was expected and what was found', () => {
  expect(() => expectThat(false, '200', { status: 404 })).toThrow('Expected 200; found {"status":404}.');
});

test('wraps lines between words, and prints only the beginning of a secret', () => {
  expect(wrap('a bb ccc dddd', 6)).toEqual(['a bb', 'ccc', 'dddd']);
  expect(wrap('aaaaaaaaaa b', 4)).toEqual(['aaaaaaaaaa', 'b']);
  expect(shorten(SECRET)).toBe('eyJhbGci…');
});
