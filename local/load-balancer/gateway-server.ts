import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorResponse } from './fixed-response.ts';
import type { RequestHandler } from './load-balancer.ts';
import { PARSER_HEADER_BYTES } from './request.ts';

const HOST = '127.0.0.1';
/** The load balancer's idle timeout, and how long it keeps a connection for the next request. */
const IDLE_TIMEOUT_MS = 60_000;

export interface GatewayServer {
  readonly port: number;
  /** From now on requests are answered by this; until then with 503. */
  serve(handler: RequestHandler): void;
  stop(): Promise<void>;
}

/**
 * Binds the gateway's port, before anything else is known.
 * @param port 0 for a free one
 * @throws {NodeJS.ErrnoException} `EADDRINUSE` if it is taken
 */
export const bindGateway = async (port: number): Promise<GatewayServer> => {
  let handler: RequestHandler = async (_, outgoing) => notYet(outgoing);
  const server = createServer(
    { maxHeaderSize: PARSER_HEADER_BYTES, keepAliveTimeout: IDLE_TIMEOUT_MS, requireHostHeader: false },
    (incoming, outgoing) => void handler(incoming, outgoing),
  );
  // A tunnel, and anything that is no HTTP: both end here.
  server.on('connect', (_: IncomingMessage, socket: Duplex) => refuse(socket, 400));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else refuse(socket, error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400);
  });
  await listen(server, port);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The gateway has no port.');
  return {
    port: address.port,
    serve: (next) => {
      handler = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.off('error', reject);
      resolve();
    });
  });

const notYet = (outgoing: ServerResponse): void => {
  const { status, headers, body } = errorResponse(503);
  outgoing.writeHead(status, { ...headers, 'retry-after': '1' } as Record<string, string>);
  outgoing.end(body);
};

const refuse = (socket: Duplex, status: number): void => {
  const { body } = errorResponse(status);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
};
