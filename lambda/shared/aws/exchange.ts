import type { Agent, ClientRequest, IncomingHttpHeaders, RequestOptions } from 'node:http';
import { type CallLimits, MAX_CONNECTIONS } from '../../contract/limits.ts';

export interface ServiceAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * One POST and its answer, on a connection that is kept.
 * @throws {Error} of the connection, or named `TimeoutError` where connecting or the whole exchange takes too long
 */
export type Exchange = (headers: Readonly<Record<string, string>>, body: string) => Promise<ServiceAnswer>;

/** What both of Node's modules have. */
interface Transport {
  readonly Agent: new (options: { keepAlive: boolean; maxSockets: number }) => Agent;
  request(options: RequestOptions): ClientRequest;
}

export const createExchange = (endpoint: URL, limits: CallLimits): Exchange => {
  // Only the module that is needed: each costs a cold start some milliseconds.
  const transport: Transport = process.getBuiltinModule(endpoint.protocol === 'https:' ? 'node:https' : 'node:http');
  const options: RequestOptions = {
    method: 'POST',
    hostname: endpoint.hostname.replace(/^\[|\]$/g, ''),
    port: endpoint.port,
    path: '/',
    agent: new transport.Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS }),
  };
  return (headers, body) =>
    new Promise((resolve, reject) => {
      const request = transport.request({ ...options, headers });
      const giveUp = (what: string, milliseconds: number) =>
        setTimeout(() => request.destroy(timedOut(what, milliseconds)), milliseconds);
      const whole = giveUp('answered', limits.requestTimeoutMilliseconds);
      const stop = (end: () => void) => {
        clearTimeout(whole);
        end();
      };
      request.once('error', (error) => stop(() => reject(error)));
      request.once('socket', (socket) => {
        if (!socket.connecting) return;
        const connecting = giveUp('connected', limits.connectionTimeoutMilliseconds);
        socket.once('connect', () => clearTimeout(connecting));
        request.once('close', () => clearTimeout(connecting));
      });
      request.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('error', (error) => stop(() => reject(error)));
        response.once('end', () =>
          stop(() => resolve({ status: response.statusCode ?? 0, headers: response.headers, text })),
        );
      });
      request.end(body);
    });
};

const timedOut = (what: string, milliseconds: number): Error =>
  Object.assign(new Error(`The service has not ${what} in ${milliseconds} ms.`), { name: 'TimeoutError' });
