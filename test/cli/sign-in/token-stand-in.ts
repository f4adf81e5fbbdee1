import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A reply of the token endpoint, or the end of the connection without one. */
export type Reply = { readonly status: number; readonly json: object } | 'hang up';

/** A stand-in for a provider. Its token endpoint gives these replies in turn, its endpoint for devices always the same. */
export const openTokenStandIn = async (replies: readonly Reply[], device: object = {}, more: object = {}) => {
  const forms: Readonly<Record<string, string>>[] = [];
  const authorizations: (string | undefined)[] = [];
  const left = [...replies];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const send = (status: number, json: object) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
      if (request.method === 'GET') {
        const endpoints = { token_endpoint: `${issuer}/token`, device_authorization_endpoint: `${issuer}/device` };
        send(200, { issuer, ...endpoints, ...more });
        return;
      }
      forms.push(Object.fromEntries(new URLSearchParams(body)));
      authorizations.push(request.headers.authorization);
      const reply = request.url === '/device' ? { status: 200, json: device } : left.shift();
      if (reply === undefined || reply === 'hang up') request.socket.destroy();
      else send(reply.status, reply.json);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Forms that arrived, and their `Authorization`. */
    forms,
    authorizations,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
