import { X509Certificate } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectSecurely, type TLSSocket } from 'node:tls';
import { proxyHeader } from './proxy-header.ts';

const HOST = '127.0.0.1';

/**
 * Time without a byte after which a connection is reset.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#connection-idle-timeout
 */
const IDLE_TIMEOUT_MS = 350_000;

/** The only target. */
export interface Target {
  /** On 127.0.0.1, for connections with a PROXY header and TLS. */
  readonly port: number;
  /** The target's own certificate as PEM. A target with another one gets no byte of a client. */
  readonly certificate: string;
}

export interface NetworkLoadBalancer {
  readonly port: number;
  /** From now on connections go to this target. Until then they are reset. */
  serve(target: Target): void;
  /** Ends all connections. */
  stop(): Promise<void>;
}

export interface NetworkLoadBalancerOptions {
  /** Milliseconds. @default 350 seconds */
  readonly idleTimeoutMs?: number;
}

/**
 * Stand-in for a Network Load Balancer with a TCP listener and one target. It begins each connection to the target with a PROXY
 * header that has the client's address, and knows nothing of HTTP. A connection is reset where the target does not take it:
 * one target that is not healthy still gets the connections, because there is no other.
 *
 * On AWS clients speak TLS with the target. Here they send clear text, and this stand-in speaks TLS for them.
 * @param port 0 for a free one
 * @throws {NodeJS.ErrnoException} `EADDRINUSE` if it is taken
 */
export const bindNetworkLoadBalancer = async (
  port: number,
  { idleTimeoutMs = IDLE_TIMEOUT_MS }: NetworkLoadBalancerOptions = {},
): Promise<NetworkLoadBalancer> => {
  let target: Target | undefined;
  const clients = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    clients.add(client);
    client.once('close', () => clients.delete(client));
    if (target === undefined) client.resetAndDestroy();
    else relay(client, target, idleTimeoutMs);
  });
  const bound = await listen(server, port);
  return {
    port: bound,
    serve: (next) => {
      target = next;
    },
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const client of clients) client.resetAndDestroy();
      await closed;
    },
  };
};

/** Passes bytes on, both ways, until both sides have ended or one of them fails. */
const relay = (client: Socket, target: Target, idleTimeoutMs: number): void => {
  const { localAddress = HOST, localPort = 0, remoteAddress = HOST, remotePort = 0 } = client;
  const connection = connect({ host: HOST, port: target.port, allowHalfOpen: true });
  connection.write(
    proxyHeader({
      sourceAddress: remoteAddress,
      sourcePort: remotePort,
      destinationAddress: localAddress,
      destinationPort: localPort,
    }),
  );
  const secure = connectSecurely({ socket: connection, ...pinned(target.certificate) });
  const reset = (): void => {
    if (!client.destroyed) client.resetAndDestroy();
    secure.destroy();
    connection.destroy();
  };
  /** The target takes no more bytes. It may have answered before: a reset would take the answer from the client. */
  const endTarget = (): void => {
    if (!secure.readableEnded) {
      reset();
      return;
    }
    client.unpipe(secure);
    client.resume();
  };
  client.once('error', reset);
  client.setTimeout(idleTimeoutMs, reset);
  secure.on('error', endTarget);
  connection.on('error', endTarget);
  // A target that is killed ends the connection without the end of TLS.
  connection.once('close', endTarget);
  secure.once('secureConnect', () => {
    client.pipe(secure);
    secure.pipe(client);
  });
  client.once('close', () => {
    secure.destroy();
    connection.destroy();
  });
};

/** Trusts one certificate, whoever issued it and whatever its names are. */
const pinned = (certificate: string) => {
  const { fingerprint256 } = new X509Certificate(certificate);
  return {
    ca: [certificate],
    allowPartialTrustChain: true,
    checkServerIdentity: (_host: string, shown: ReturnType<TLSSocket['getPeerCertificate']>): Error | undefined =>
      shown.fingerprint256 === fingerprint256 ? undefined : new Error('The target has another certificate.'),
  };
};

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('The load balancer has no port.'));
      else resolve(address.port);
    });
  });
