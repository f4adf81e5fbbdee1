import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { IssuedCertificate } from '../../support/certificate-authority.ts';

/** Answers of a stand-in by their path: a status, a JSON object with status 200, or what gives one of them. Other paths get 404. */
export type Answers = Readonly<Record<string, number | object | ((authorization: string) => number | object)>>;

export interface StandIn {
  readonly port: number;
  readonly close: () => Promise<void>;
  /** Changes the answers. */
  readonly serve: (answers: Answers) => void;
}

const KEY = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'key-1' };

/** What a gateway answers to anyone. */
export const GATEWAY_ANSWERS = {
  '/openapi.json': { openapi: '3.1.1', info: { title: 'Postern', version: '1' }, paths: {} },
  '/.well-known/jwks.json': { keys: [KEY] },
  '/v1/tasks': { tasks: [] },
} as const satisfies Answers;

/** A stand-in for a gateway or a provider: it speaks HTTP, or TLS with this certificate. */
export const openStandIn = async (initial: Answers, certificate?: IssuedCertificate): Promise<StandIn> => {
  let answers = initial;
  const server: Server = certificate === undefined ? createHttpServer() : (createHttpsServer(certificate) as Server);
  server.on('request', (request, response) => {
    const found = answers[request.url?.split('?')[0] ?? ''] ?? answers['*'] ?? 404;
    const answer: unknown = typeof found === 'function' ? found(request.headers.authorization ?? '') : found;
    if (typeof answer === 'number') response.writeHead(answer, { 'content-type': 'text/html' }).end('<p>stand-in</p>');
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    serve: (next) => {
      answers = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
