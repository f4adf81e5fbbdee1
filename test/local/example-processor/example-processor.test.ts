import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { test as base, describe, expect, vi } from 'vitest';
import { bindExampleProcessor } from '../../../local/example-processor/server.ts';
import { EVENTUALLY } from '../../support/patience.ts';

const SECRETS = { apiKey: 'key-1', secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` };
const NOW = Date.parse('2026-01-02T03:04:05Z');
const JOB = { input: { document: 'invoice-80.pdf' }, task: 'task-1' };

interface Sent {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly path?: string;
  readonly at?: number;
}

const test = base
  .extend('said', (): string[] => [])
  /** A gateway that records results. */
  .extend('gateway', async ({}, { onCleanup }) => {
    const results: Readonly<Record<'authorization' | 'path' | 'type', string | undefined> & { body: unknown }>[] = [];
    const answers = { status: 200 };
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
      const { authorization, 'content-type': type } = request.headers;
      results.push({ authorization, path: request.url, type, body });
      response.writeHead(answers.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: 'succeeded', taskId: 'task-1', receivedAt: new Date(NOW).toISOString() }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(() => void server.close());
    const webhook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/results/task-1/a.b.c`;
    return { results, answers, webhook };
  })
  .extend('processor', async ({ said }, { onCleanup }) => {
    const processor = await bindExampleProcessor({
      port: 0,
      workMs: 0,
      now: () => NOW,
      say: (line) => said.push(line),
    });
    onCleanup(processor.stop);
    return processor;
  })
  .extend('send', ({ gateway, processor }) => async (sent: Sent = {}) => {
    const { at = NOW, headers = {}, method = 'POST', path = '/jobs' } = sent;
    const body = sent.body ?? JSON.stringify({ ...JOB, webhook: gateway.webhook });
    const time = new Date(at);
    const response = await fetch(`${processor.origin}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        'x-api-key': SECRETS.apiKey,
        'idempotency-key': 'task-1',
        'webhook-id': 'task-1',
        'webhook-timestamp': `${Math.floor(at / 1_000)}`,
        'webhook-signature': new Webhook(SECRETS.secret).sign('task-1', time, body),
        ...headers,
      },
      ...(method !== 'GET' && { body }),
    });
    return {
      status: response.status,
      body: (await response.json()) as { readonly id?: string; readonly error?: string },
    };
  });

describe('the example processor', () => {
  test('accepts a job with an id, and posts its result to the webhook', async ({ gateway, processor, send }) => {
    processor.serve(SECRETS);
    const { body, status } = await send();
    expect({ status, body }).toEqual({ status: 202, body: { id: expect.stringMatching(/^job-[0-9a-f-]{36}$/) } });
    await vi.waitFor(
      () =>
        expect(gateway.results).toEqual([
          {
            authorization: undefined,
            path: '/v1/results/task-1/a.b.c',
            type: 'application/json',
            body: { job: body.id, text: 'Text of invoice-80.pdf' },
          },
        ]),
      EVENTUALLY,
    );
  });

  test('does a job with a known Idempotency-Key once, and answers with the same id', async ({
    gateway,
    processor,
    send,
  }) => {
    processor.serve(SECRETS);
    const first = await send();
    expect(await send()).toEqual(first);
    const second = await send({ headers: { 'idempotency-key': 'task-1-2' } });
    expect(second.body.id).not.toBe(first.body.id);
    await vi.waitFor(() => expect(gateway.results).toHaveLength(2), EVENTUALLY);
    expect(gateway.results.map(({ body }) => (body as { readonly job: string }).job).toSorted()).toEqual(
      [first.body.id, second.body.id].toSorted(),
    );
  });

  test('answers 503 until it knows its secrets', async ({ send }) => {
    expect((await send()).status).toBe(503);
  });

  test('takes a signature of five minutes ago, and one of several', async ({ processor, send }) => {
    processor.serve(SECRETS);
    expect((await send({ at: NOW - 300_000 })).status).toBe(202);
    const body = JSON.stringify({ ...JOB, webhook: 'http://127.0.0.1:9/v1/results/t/t' });
    const signature = new Webhook(SECRETS.secret).sign('task-1', new Date(NOW), body);
    expect((await send({ body, headers: { 'webhook-signature': `v1,AAAA ${signature}` } })).status).toBe(202);
  });

  test.for<[string, number, Sent]>([
    ['another API key', 401, { headers: { 'x-api-key': 'key-2' } }],
    ['a signature of another secret', 401, { headers: { 'webhook-signature': `v1,${'A'.repeat(43)}=` } }],
    ['a signature for another id', 401, { headers: { 'webhook-id': 'task-2' } }],
    ['a signature of 301 seconds ago', 401, { at: NOW - 301_000 }],
    ['a signature of 301 seconds later', 401, { at: NOW + 301_000 }],
    ['no time', 401, { headers: { 'webhook-timestamp': '' } }],
    ['no Idempotency-Key', 400, { headers: { 'idempotency-key': '' } }],
    ['a body that is not JSON', 400, { body: 'text' }],
    ['a body without a webhook', 400, { body: JSON.stringify(JOB) }],
    ['a webhook that is not a URL', 400, { body: JSON.stringify({ ...JOB, webhook: 'file:///etc' }) }],
    ['more than 1 MiB', 413, { body: 'x'.repeat(1_048_577) }],
    ['another path', 404, { path: '/other' }],
    ['another method', 405, { method: 'GET' }],
  ])('refuses %s, with a sentence, and does no work', async ([_, status, sent], { gateway, processor, send }) => {
    processor.serve(SECRETS);
    expect(await send(sent)).toEqual({ status, body: { error: expect.stringMatching(/\.$/) } });
    await processor.stop();
    expect(gateway.results).toEqual([]);
  });

  test('of another environment finds the callback in a job of any form', async ({ gateway, processor, send }) => {
    processor.serve({ ...SECRETS, gateway: new URL(gateway.webhook).origin });
    const token = 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJoZXJlIn0.c2lnbmF0dXJl';
    const webhook = gateway.webhook.slice(0, -'/a.b.c'.length);
    const body = JSON.stringify({ jobs: [{ notify: { url: webhook, token } }] });
    const headers = { 'x-api-key': '', authorization: 'Bearer any' };
    expect((await send({ body, headers, method: 'PUT', path: '/v2/jobs' })).status).toBe(202);
    const query = new URLSearchParams({ callback: gateway.webhook });
    const other = { 'idempotency-key': 'task-2' };
    expect((await send({ body: '{}', headers: other, path: `/v2/jobs?${query}` })).status).toBe(202);
    await vi.waitFor(() => expect(gateway.results).toHaveLength(2), EVENTUALLY);
    expect(new Set(gateway.results.map(({ authorization, path }) => `${path} ${authorization}`))).toEqual(
      new Set([`/v1/results/task-1 Bearer ${token}`, '/v1/results/task-1/a.b.c undefined']),
    );
  });

  test.for<[string, number, Sent]>([
    ['a wrong signature', 401, { headers: { 'webhook-signature': 'v1,AAAA' } }],
    ['a job without a callback URL of the gateway', 400, { body: '{"webhook":"http://127.0.0.1:9/v1/results/t/t"}' }],
  ])('of another environment refuses %s', async ([_, status, sent], { gateway, processor, send }) => {
    processor.serve({ ...SECRETS, gateway: new URL(gateway.webhook).origin });
    expect((await send(sent)).status).toBe(status);
  });

  test('prints why a result was refused, without the callback URL', async ({ gateway, processor, said, send }) => {
    processor.serve(SECRETS);
    gateway.answers.status = 410;
    await send();
    await vi.waitFor(() => expect(said).toHaveLength(1), EVENTUALLY);
    expect(said[0]).toContain('could not deliver the result of the task task-1');
    expect(said[0]).not.toContain('a.b.c');
  });

  test('says by its error that its port is taken', async ({ processor }) => {
    const port = Number(new URL(processor.origin).port);
    await expect(bindExampleProcessor({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
