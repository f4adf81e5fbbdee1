import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { createVerifier, httpbis } from 'http-message-signatures';
import { Webhook } from 'standardwebhooks';
import { test as base, describe, expect } from 'vitest';
import type { DispatchSettings, JsonValue } from '../../../../lambda/contract/dispatch.ts';
import { buildRequest, isTemplateFault, type RequestValues } from '../../../../lambda/shared/dispatch/build-request.ts';
import { checkTemplate } from '../../../../lambda/shared/dispatch/check-template.ts';
import { fillSecrets } from '../../../../lambda/shared/dispatch/secrets.ts';
import {
  type CompleteRequest,
  signByHttpSignature,
  signByStandardWebhooks,
} from '../../../../lambda/shared/dispatch/sign-request.ts';
import { guardedRequest } from '../../../../lambda/shared/egress/guarded-request.ts';
import { aSigningKey } from '../../../support/tokens.ts';

/** A request as the server of a processor got it. */
interface Received {
  readonly method: string;
  readonly target: string;
  /** Names and values in the order of the wire. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

class Processor {
  readonly requests: Received[] = [];
  readonly origin: string;
  constructor(origin: string) {
    this.origin = origin;
  }

  /** Sends a request as the dispatcher does, and returns what came. */
  async deliver({ body, headers, method, url }: CompleteRequest): Promise<Received> {
    this.requests.length = 0;
    const answer = await guardedRequest(
      { url: new URL(url), method, headers, body, timeoutMilliseconds: 10_000, maxAnswerBytes: 1_000 },
      { egress: 'loopback' },
    );
    expect(answer).toMatchObject({ isAnswered: true, status: 202 });
    const [request, ...others] = this.requests;
    if (request === undefined || others.length > 0) throw new Error(`${this.requests.length} requests came.`);
    return request;
  }
}

const test = base.extend('processor', { scope: 'file' }, async ({}, { onCleanup }) => {
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = request.rawHeaders;
    processor.requests.push({
      method: request.method ?? '',
      target: request.url ?? '',
      headers: raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : [])),
      body: Buffer.concat(chunks).toString('utf8'),
    });
    response.writeHead(202).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanup(() => {
    server.close();
  });
  const processor = new Processor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return processor;
});

type Entry = Pick<DispatchSettings, 'method' | 'url' | 'headers' | 'query' | 'body'>;

const entryOf = (origin: string): Entry => ({
  method: 'PUT',
  url: `${origin}/v1/{{resource}}/jobs?owner={{owner}}`,
  headers: { 'X-Key': { secret: 'key', format: 'Key {}' }, 'X-Owner': '{{owner}}', 'X-Input': 'a {{input}} b' },
  query: { hook: '{{callbacks.result.url}}' },
  body: { input: '{{input}}', text: 'in: {{input}}', list: ['{{resource}}', { hook: '{{callbacks.result.url}}' }] },
});

const VALUES: RequestValues = {
  taskId: 'task-1',
  application: 'shop',
  processor: 'acme-ocr',
  resource: 'order-17',
  owner: 'joe',
  input: 'text',
  expiresAt: '2026-12-24T12:00:00.000Z',
  callbacks: { result: { url: 'https://callbacks.example.com/v1/results/task-1/a.b.c' } },
  issue: 1,
};

const complete = (origin: string, values: RequestValues): CompleteRequest | undefined => {
  const request = buildRequest(entryOf(origin), values);
  if (isTemplateFault(request)) return undefined;
  return { ...request, headers: fillSecrets(request.headers, new Map([['key', 'sk-1']])) };
};

const sent = (origin: string): CompleteRequest => {
  const request = complete(origin, VALUES);
  if (request === undefined) throw new Error('The request was not built.');
  return request;
};

/** Headers by their names in lower case. */
const byName = ({ headers }: Received): Record<string, string> =>
  Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));

const now = (): number => Math.floor(Date.now() / 1_000);

describe('a request on the wire', () => {
  test('has the headers, the target and the body of its template, for any value', async ({ processor }) => {
    expect(checkTemplate(entryOf(processor.origin), { egress: 'loopback' })).toEqual([]);
    const part = fc.oneof(
      { weight: 3, arbitrary: fc.string({ unit: fc.constantFrom(...' ~az09"\'\\{}:;,/?#&=%.+') }) },
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '\r\nX-Admin: 1',
        'a\r\n\r\nGET / HTTP/1.1',
        '../..',
        '%2e%2e',
        '%0d%0aX: 1',
        '{{owner}}',
        '\ud800',
      ),
    );
    let arrived = 0;
    await fc.assert(
      fc.asyncProperty(part, part, fc.oneof(part, fc.jsonValue()), async (resource, owner, input) => {
        const values: RequestValues = { ...VALUES, resource, owner, input: input as JsonValue };
        const request = complete(processor.origin, values);
        if (request === undefined) return;
        arrived += 1;
        const received = await processor.deliver(request);
        expect(received.method).toBe('PUT');
        const hook = values.callbacks.result?.url;
        const target = new URL(received.target, processor.origin);
        expect(received.target.split('/')).toHaveLength(4);
        expect(decodeURIComponent(target.pathname.split('/')[2] ?? '')).toBe(resource);
        expect([...target.searchParams]).toEqual([
          ['owner', owner],
          ['hook', hook],
        ]);
        const own = [
          ['Content-Type', 'application/json'],
          ['Accept-Encoding', 'identity'],
          ['Idempotency-Key', 'task-1'],
          ['content-length', `${Buffer.byteLength(request.body)}`],
          ['Host', new URL(processor.origin).host],
          ['Connection', 'close'],
        ];
        const templated = [
          ['X-Key', 'Key sk-1'],
          ['X-Owner', owner],
          ['X-Input', `a ${input} b`],
        ];
        expect(received.headers).toEqual([...templated, ...own]);
        expect(JSON.parse(received.body)).toEqual({ input, text: `in: ${input}`, list: [resource, { hook }] });
      }),
      { numRuns: 300 },
    );
    expect(arrived).toBeGreaterThan(30);
  });

  test('has a signature of Standard Webhooks that the processor can verify', async ({ processor }) => {
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const received = await processor.deliver(signByStandardWebhooks(sent(processor.origin), secret, now()));
    expect(new Webhook(secret).verify(received.body, byName(received))).toEqual(JSON.parse(received.body));
  });

  test.for(['ES256', 'RS256'] as const)(
    'has an HTTP message signature with %s that the processor can verify',
    async (alg, { processor }) => {
      const { publicKey, signer } = await aSigningKey(alg);
      const received = await processor.deliver(await signByHttpSignature(sent(processor.origin), signer, now()));
      const algorithm = { ES256: 'ecdsa-p256-sha256', RS256: 'rsa-v1_5-sha256' }[alg];
      const isSigned = await httpbis.verifyMessage(
        {
          keyLookup: async ({ keyid }) =>
            keyid === signer.kid
              ? { id: keyid, algs: [algorithm], verify: createVerifier(publicKey.key, algorithm) }
              : null,
        },
        { method: received.method, url: `${processor.origin}${received.target}`, headers: byName(received) },
      );
      expect(isSigned).toBe(true);
    },
  );
});
