import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { describe, expect } from 'vitest';
import { Callback, dpop, mtls } from '../../../sdk/processor/index.ts';
import { PROCESSOR_PLATFORM } from '../../../sdk/processor/platform.ts';
import { asHeader } from '../../support/certificates.ts';
import type { Delivered } from '../../support/delivered.ts';
import { test as base } from '../../support/fixtures.ts';
import { aReceiver, type OpenTask, putCode, putTask, type ReceiverFixture } from '../../support/receiver.ts';
import { aProcessor, REGISTRY } from '../../support/registry.ts';
import { NOW, ORIGIN } from '../../support/tokens.ts';

/** Proofs that the gateway of `npm start` has no processor for, at the receiver itself. */

const GROUP = 'postern-test-mtls';
const HEADER = 'x-postern-client-certificate-0a1b2c3d-4e5f-11f0-9a8b-0123456789ab';
const JSON_TYPE = { contentType: 'application/json' } as const;

/** A self-signed certificate with its key. */
interface Identity {
  readonly cert: string;
  readonly key: string;
}

const makeIdentity = (folder: string, name: string): Identity => {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '36500'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject], { stdio: 'ignore' });
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
};

const thumbprintOf = ({ cert }: Identity): string =>
  createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url');

const asResponse = ({ body, headers, status }: Delivered): Response =>
  new Response(Uint8Array.from(body), { status, headers: headers as Record<string, string> });

/** Stand-in for the load balancer: passes requests of `fetch` on to the receiver. */
const fetchOf =
  (receiver: ReceiverFixture) =>
  async (url: string, { body, headers, method = 'GET' }: RequestInit = {}): Promise<Response> => {
    const event = { method, path: new URL(url).pathname, headers: Object.fromEntries(new Headers(headers)) };
    return asResponse(
      await receiver.deliver({ ...event, body: new Uint8Array(await new Response(body).arrayBuffer()) }),
    );
  };

const test = base
  .extend('gatewayIdentity', { scope: 'file' }, ({ folder }) => makeIdentity(folder, 'gateway'))
  .extend('acme', { scope: 'file' }, ({ folder }) => makeIdentity(folder, 'acme'))
  .extend('other', { scope: 'file' }, ({ folder }) => makeIdentity(folder, 'other'))
  .extend('privateJwk', { scope: 'file' }, async () =>
    exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey),
  )
  .extend('jkt', ({ privateJwk }) => calculateJwkThumbprint(privateJwk))
  .extend('receiver', ({ acme, jkt, key, store }) =>
    aReceiver({
      store,
      keys: [key],
      registry: {
        ...REGISTRY,
        'nonce-ocr': aProcessor({ id: 'nonce-ocr', proof: { kind: 'dpop', jkt, nonce: true } }),
        'mtls-ocr': aProcessor({
          id: 'mtls-ocr',
          carriers: ['header', 'short', 'path'],
          proof: { kind: 'mtls', x5tS256: thumbprintOf(acme), port: 8443 },
        }),
      },
      variables: { MUTUAL_TLS_TARGET_GROUP: GROUP, MUTUAL_TLS_HEADER: HEADER },
    }),
  )
  /**
   * Stand-in for the load balancer's listener for client certificates: a real TLS server that asks for one, and passes it on
   * in the header of the environment. It counts connections.
   */
  .extend('listener', async ({ gatewayIdentity, receiver }, { onCleanup }) => {
    const options = { ...gatewayIdentity, requestCert: true, rejectUnauthorized: false };
    let connections = 0;
    const server = createServer(options, async (request, response) => {
      const { raw } = (request.socket as TLSSocket).getPeerCertificate();
      const answer = await receiver.deliver({
        method: request.method ?? '',
        path: request.url ?? '',
        targetGroup: GROUP,
        headers: {
          ...(request.headers as Record<string, string>),
          ...(raw !== undefined && { [HEADER]: asHeader(new X509Certificate(raw).toString().trim()) }),
        },
        body: await buffer(request),
      });
      response.writeHead(answer.status, answer.headers as Record<string, string>).end(answer.body);
    }).on('secureConnection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(() => {
      server.closeAllConnections();
      server.close();
    });
    return { origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections };
  })
  .extend(
    'aTask',
    ({ acme, key, store }) =>
      () =>
        putTask(store, key, { processor: 'mtls-ocr' }, { cnf: { 'x5t#S256': thumbprintOf(acme) } }),
  );

describe('mtls', () => {
  const resultOf = (task: OpenTask, origin: string) => ({
    result: { url: `${origin}${task.path('result')}`, token: task.tokens.result },
    progress: { url: `${origin}${task.path('progress')}`, token: task.tokens.progress },
  });

  test('shows the certificate that the token is bound to, on one connection', async ({
    aTask,
    acme,
    gatewayIdentity,
    listener,
  }) => {
    const task = await aTask();
    const proof = mtls({ ...acme, ca: gatewayIdentity.cert });
    const callback = new Callback(resultOf(task, listener.origin), { proof });
    expect(await callback.progress({ percent: 1 })).toMatchObject({ taskId: task.taskId, status: 'pending' });
    expect(await callback.deliver('{}', JSON_TYPE)).toMatchObject({ status: 'succeeded', replayed: false });
    expect(await callback.deliver('{}', JSON_TYPE)).toMatchObject({ status: 'succeeded', replayed: true });
    expect(listener.connections()).toBe(1);
  });

  test('leaves the token in the URL, or behind a short one', async ({
    aTask,
    acme,
    gatewayIdentity,
    listener,
    store,
  }) => {
    const encoder = new TextEncoder();
    const options = {
      proof: mtls({ cert: encoder.encode(acme.cert), key: encoder.encode(acme.key), ca: gatewayIdentity.cert }),
    };
    const task = await aTask();
    const byPath = new Callback(`${listener.origin}${task.path('result')}/${task.tokens.result}`, options);
    expect(await byPath.deliver('{}', JSON_TYPE)).toMatchObject({ status: 'succeeded' });
    const second = await aTask();
    const code = await putCode(store, second, 'result');
    const byCode = new Callback(`${listener.origin}/c/${code}`, options);
    expect(await byCode.deliver('{}', JSON_TYPE)).toMatchObject({ taskId: second.taskId, status: 'succeeded' });
  });

  test('is refused with another certificate, and can be corrected', async ({
    aTask,
    gatewayIdentity,
    listener,
    other,
  }) => {
    const callbacks = resultOf(await aTask(), listener.origin);
    const callback = new Callback(callbacks, { proof: mtls({ ...other, ca: gatewayIdentity.cert }) });
    const refusal = { code: 'proof_invalid', status: 401, giveUp: false };
    await expect(callback.deliver('{}', JSON_TYPE)).rejects.toMatchObject(refusal);
  });

  test('sends nothing to a server whose own certificate is not trusted', async ({
    aTask,
    acme,
    listener,
    receiver,
  }) => {
    const platform = { ...PROCESSOR_PLATFORM, wait: async () => {} };
    const callback = new Callback(resultOf(await aTask(), listener.origin), { proof: mtls(acme) }, platform);
    await expect(callback.deliver('{}', JSON_TYPE)).rejects.toMatchObject({ code: 'network_error', giveUp: false });
    expect(receiver.lines).toEqual([]);
  });

  test('names a certificate that cannot be used, without its key, and sends nothing', async ({
    aTask,
    acme,
    listener,
    other,
    receiver,
  }) => {
    const callbacks = resultOf(await aTask(), listener.origin);
    for (const identity of [
      { cert: acme.cert, key: other.key },
      { cert: 'PEM', key: acme.key },
    ]) {
      const error = await new Callback(callbacks, { proof: mtls(identity) })
        .deliver('{}', JSON_TYPE)
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        name: 'TypeError',
        message: expect.stringContaining('The client certificate cannot be used'),
      });
    }
    expect(receiver.lines).toEqual([]);
  });

  test('needs https', async ({ aTask, acme }) => {
    const callback = new Callback(resultOf(await aTask(), 'http://127.0.0.1:9'), { proof: mtls(acme) });
    await expect(callback.deliver('{}', JSON_TYPE)).rejects.toThrow(
      'A client certificate needs a callback URL with https.',
    );
  });
});

test('dpop takes the nonce that the gateway asks for', async ({ jkt, key, privateJwk, receiver, store }) => {
  const task = await putTask(store, key, { processor: 'nonce-ocr' }, { cnf: { jkt } });
  const callback = new Callback(
    { result: { url: `${ORIGIN}${task.path('result')}`, token: task.tokens.result } },
    { proof: dpop({ privateJwk: { ...privateJwk } }), fetch: fetchOf(receiver) },
    { ...PROCESSOR_PLATFORM, now: () => NOW * 1_000 },
  );
  expect(await callback.deliver('{}', JSON_TYPE)).toMatchObject({ taskId: task.taskId, status: 'succeeded' });
  expect(receiver.counts()).toMatchObject({ 'TokenRefused/proof_invalid': 1, CallbackAccepted: 1 });
});
