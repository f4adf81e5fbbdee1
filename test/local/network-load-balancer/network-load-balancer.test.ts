import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { describe, expect } from 'vitest';
import { bindNetworkLoadBalancer } from '../../../local/network-load-balancer/network-load-balancer.ts';
import { proxyHeader } from '../../../local/network-load-balancer/proxy-header.ts';
import { aCertificateAuthority, type IssuedCertificate } from '../../support/certificate-authority.ts';
import { test as base } from '../../support/unit-fixtures.ts';

/** Length of a PROXY header of version 2 over IPv4, with the padding. */
const HEADER_BYTES = 35;

interface Received {
  readonly header: Buffer;
  text: string;
}

/** Certificate of a target. It answers `NO` to the first bytes and closes the connection, or goes on. */
interface Shown extends IssuedCertificate {
  readonly answersAtOnce?: true;
}

const issue = (): IssuedCertificate => {
  const now = Date.now();
  const valid = { from: new Date(now - 60_000), to: new Date(now + 3_600_000) };
  return aCertificateAuthority().issue({ host: 'door.example.com', ...valid });
};

const test = base
  .extend('certificate', { scope: 'file' }, issue)
  /** Starts a target that takes the PROXY header, then TLS, and answers each text with it in capitals. */
  .extend('target', ({ certificate }, { onCleanup }) => async (shown: Shown = certificate) => {
    const received: Received[] = [];
    const connections: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (connection) => {
      connections.push(connection);
      connection.on('error', () => {});
      connection.once('readable', () => {
        const header = connection.read(HEADER_BYTES) as Buffer | null;
        if (header === null) return void connection.destroy();
        const entry: Received = { header, text: '' };
        received.push(entry);
        const secure = new TLSSocket(connection, { isServer: true, secureContext: createSecureContext(shown) });
        secure.on('error', () => {});
        secure.setEncoding('utf8');
        if (shown.answersAtOnce === true)
          return void secure.once('data', () => secure.pause().end('NO', () => connection.destroy()));
        secure.on('data', (text: string) => {
          entry.text += text;
          secure.write(text.toUpperCase());
        });
        secure.on('end', () => secure.end('BYE'));
      });
    });
    onCleanup(() => {
      for (const connection of connections) connection.destroy();
      server.close();
    });
    return { port: await listen(server), received, connections };
  })
  .extend('balancer', async ({}, { onCleanup }) => {
    const balancer = await bindNetworkLoadBalancer(0);
    onCleanup(balancer.stop);
    return balancer;
  })
  /** Sends a text and ends its side. Gives what came back, and the error that ended the connection. */
  .extend(
    'talk',
    ({ balancer }) =>
      (text: string, options: { readonly localAddress?: string; readonly ends?: boolean } = {}) =>
        new Promise<{ readonly said: string; readonly error?: string }>((resolve) => {
          const { ends = true, localAddress = '127.0.0.1' } = options;
          const socket = connect({ port: balancer.port, host: '127.0.0.1', localAddress });
          let said = '';
          socket.setEncoding('utf8').on('data', (chunk: string) => {
            said += chunk;
          });
          socket.once('error', (error: NodeJS.ErrnoException) => resolve({ said, error: error.code ?? '' }));
          socket.once('end', () => resolve({ said }));
          if (ends) socket.end(text);
          else socket.write(text);
        }),
  );

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

describe('the stand-in of the Network Load Balancer', () => {
  test('resets connections while it has no target', async ({ talk }) => {
    expect(await talk('hello')).toEqual({ said: '', error: 'ECONNRESET' });
  });

  test('passes bytes on over TLS, after a header with the address of the client', async ({
    balancer,
    certificate,
    talk,
    target,
  }) => {
    const { port, received } = await target();
    balancer.serve({ port, certificate: certificate.cert });
    expect(await talk('hello', { localAddress: '127.0.0.2' })).toEqual({ said: 'HELLOBYE' });
    const [first] = received;
    expect(first?.text).toBe('hello');
    const sourcePort = first?.header.readUInt16BE(24) ?? 0;
    expect(first?.header).toEqual(
      proxyHeader({
        sourceAddress: '127.0.0.2',
        sourcePort,
        destinationAddress: '127.0.0.1',
        destinationPort: balancer.port,
      }),
    );
  });

  test('passes a PROXY header of a client on as content: the target sees its own header first', async ({
    balancer,
    certificate,
    talk,
    target,
  }) => {
    const { port, received } = await target();
    balancer.serve({ port, certificate: certificate.cert });
    await talk('PROXY TCP4 198.51.100.7 127.0.0.1 1 2\r\nhello');
    expect(received[0]?.header.subarray(16, 20)).toEqual(Buffer.from([127, 0, 0, 1]));
    expect(received[0]?.text).toBe('PROXY TCP4 198.51.100.7 127.0.0.1 1 2\r\nhello');
  });

  test('gives no byte of a client to a target with another certificate', async ({
    balancer,
    certificate,
    talk,
    target,
  }) => {
    const { port, received } = await target(issue());
    balancer.serve({ port, certificate: certificate.cert });
    expect(await talk('hello')).toEqual({ said: '', error: 'ECONNRESET' });
    expect(received.map(({ text }) => text)).toEqual(['']);
  });

  test('resets connections where nothing listens at the target', async ({ balancer, certificate, talk }) => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    balancer.serve({ port, certificate: certificate.cert });
    expect(await talk('hello')).toEqual({ said: '', error: 'ECONNRESET' });
  });

  test('resets a connection whose target is killed in the middle', async ({ balancer, certificate, talk, target }) => {
    const { connections, port, received } = await target();
    balancer.serve({ port, certificate: certificate.cert });
    const talking = talk('hello', { ends: false });
    await expect.poll(() => received[0]?.text).toBe('hello');
    for (const connection of connections) connection.resetAndDestroy();
    expect((await talking).error).toBe('ECONNRESET');
  });

  test('brings the answer of a target that reads no further to a client that still sends', async ({
    balancer,
    certificate,
    talk,
    target,
  }) => {
    const { port } = await target({ ...certificate, answersAtOnce: true });
    balancer.serve({ port, certificate: certificate.cert });
    expect(await talk('x'.repeat(4_000_000))).toEqual({ said: 'NO' });
  });

  test('a port that is taken is said to be', async ({ balancer }) => {
    await expect(bindNetworkLoadBalancer(balancer.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
