import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { CommandError } from '../../command-error.ts';
import type { Clock } from '../clock.ts';
import type { SentRequest } from './exchange.ts';
import { type FrontAnswer, loadBalancerAnswer } from './front-answers.ts';
import { readBody, readHeaderLines } from './read-request.ts';

/** A request before the kit knows which case it belongs to. */
export type ReceivedRequest = Omit<SentRequest, 'place' | 'capability'>;

export interface HttpServerOptions {
  /** 0 picks a free one. */
  readonly port: number;
  readonly clock: Clock;
  /** Milliseconds without a byte after which a body counts as incomplete. */
  readonly idleMilliseconds: number;
  /** Largest body of a request target, in bytes. */
  readonly bodyLimitOf: (target: string) => number;
  /** @returns the answer, or undefined if the connection must end without one */
  readonly answer: (request: ReceivedRequest) => Promise<FrontAnswer | undefined>;
  /** Called after the answer was given. */
  readonly answered: (request: ReceivedRequest) => void;
  /** Called if bytes that are no request followed a request on its connection. */
  readonly surplus: (request: ReceivedRequest) => void;
}

export interface HttpServer {
  readonly origin: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** The last request of a connection. */
interface Connection {
  request?: ReceivedRequest;
  isAnswered: boolean;
  /** True if bytes that are no request followed it. */
  hasSurplus: boolean;
}

const HOST = '127.0.0.1';

/** The load balancer keeps a connection for the next request for this time. */
const KEEP_ALIVE_MILLISECONDS = 60_000;

/** Largest header: a token and a DPoP proof with a large key, and some more. */
const MAX_HEADER_BYTES = 65_536;

/**
 * Binds a port of this machine.
 * @throws {CommandError} `usage` if the port is taken or may not be used
 */
export const startHttpServer = async (options: HttpServerOptions): Promise<HttpServer> => {
  const { answer, answered, bodyLimitOf, clock, idleMilliseconds, port, surplus } = options;
  const connections = new WeakMap<Socket, Connection>();

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const at = clock.elapsed();
    const connection: Connection = { isAnswered: false, hasSurplus: false };
    connections.set(incoming.socket, connection);
    const target = incoming.url ?? '';
    const body = await readBody(incoming, bodyLimitOf(target), (work) => clock.after(idleMilliseconds, work));
    const request: ReceivedRequest = {
      at,
      method: incoming.method ?? '',
      target,
      host: incoming.headers.host ?? '',
      headers: readHeaderLines(incoming),
      ...body,
      ...(connection.hasSurplus && { length: 'surplus' }),
    };
    connection.request = request;
    const reply = await answer(request);
    connection.isAnswered = true;
    if (reply === undefined || incoming.socket.destroyed) {
      incoming.socket.destroy();
      answered(request);
      return;
    }
    outgoing.writeHead(reply.status, { ...reply.headers, 'Content-Length': Buffer.byteLength(reply.body) });
    outgoing.end(incoming.method === 'HEAD' ? undefined : reply.body);
    // Neither the rest of an incomplete body nor bytes that are no request can be followed by another request.
    if (request.length !== 'exact') outgoing.once('finish', () => incoming.socket.destroy());
    answered(request);
  };

  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
      requireHostHeader: false,
      requestTimeout: 0,
    },
    (incoming, outgoing) => void serve(incoming, outgoing),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const connection = connections.get(socket);
    if (error.code?.startsWith('HPE_') && connection !== undefined) {
      connection.hasSurplus = true;
      if (connection.request !== undefined) surplus(connection.request);
      if (!connection.isAnswered) return;
    }
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else refuseConnection(socket, error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(describeListenError(error, port)));
    server.listen(port, HOST, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    origin: `http://${HOST}:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const describeListenError = ({ code }: NodeJS.ErrnoException, port: number): CommandError =>
  new CommandError(
    'usage',
    `Port ${port} of ${HOST} cannot be used: ${code === 'EADDRINUSE' ? 'another program listens on it' : code}.`,
    'Give --port another number, or 0 for a free port.',
  );

const refuseConnection = (socket: Socket, status: number): void => {
  const { body } = loadBalancerAnswer(status);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
};
