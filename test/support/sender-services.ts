import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, vi } from 'vitest';
import { test as base } from './unit-fixtures.ts';

const TARGET = 'arn:aws:lambda:eu-west-1:123456789012:function:postern-open:open-invoices';
/** Answer of the invocation target. */
export const TASK = {
  taskId: 'task-1',
  status: 'pending',
  callbacks: { result: { url: 'https://callbacks.example.com/v1/results/task-1', token: 'secret' } },
};

const readJson = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
};

/** The invocation target, behind the Lambda API, and a processor, for the examples of senders. */
interface Services {
  readonly origin: string;
  /** Events that the invocation target got. */
  readonly opened: Record<string, unknown>[];
  /** Work that the processor got. */
  readonly ordered: Record<string, unknown>[];
  /** Codes with which the next requests of a task are refused. */
  readonly refusals: string[];
  /** The next answers of the target. @default TASK */
  readonly answers: object[];
  /** The next statuses of the processor. @default 202 */
  readonly statuses: number[];
}

const startServices = async () => {
  const services: Omit<Services, 'origin'> = { opened: [], ordered: [], refusals: [], answers: [], statuses: [] };
  const server = createServer(async (request, response) => {
    const body = await readJson(request);
    if (request.url === '/jobs') {
      services.ordered.push(body);
      response.writeHead(services.statuses.shift() ?? 202).end();
      return;
    }
    expect(decodeURIComponent(request.url ?? '')).toBe(`/2015-03-31/functions/${TARGET}/invocations`);
    services.opened.push(body);
    const errorType = services.refusals.shift();
    if (errorType === undefined) response.end(JSON.stringify(services.answers.shift() ?? TASK));
    else {
      response.setHeader('X-Amz-Function-Error', 'Unhandled');
      response.end(JSON.stringify({ errorType, errorMessage: '{"code":"…"}' }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...services, server };
};

/** `test` with the services, and with the environment variables of the examples' functions. */
export const test = base.extend('services', async ({}, { onCleanup }): Promise<Services> => {
  const { server, ...services } = await startServices();
  const variables = {
    AWS_ENDPOINT_URL_LAMBDA: services.origin,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    INVOCATION_TARGET: TARGET,
    PROCESSOR_URL: `${services.origin}/jobs`,
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  // A function reads its variables when it is loaded.
  vi.resetModules();
  onCleanup(() => {
    vi.unstubAllEnvs();
    server.close();
    server.closeAllConnections();
  });
  return services;
});
