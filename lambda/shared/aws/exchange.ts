import type { Agent, ClientRequest, IncomingHttpHeaders, RequestOptions } from 'node:http';
import { type CallLimits, MAX_CONNECTIONS } from '../../contract/call-limits.ts';

export interface ServiceResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * Sends a POST on a kept connection and returns the response.
 * @throws {Error} of the connection, or an error named `TimeoutError` if connecting or the whole exchange takes too long
 */
export type Exchange = (headers: Readonly<Record<string, string>>, body: string) => Promise<ServiceResponse>;

/** The members that `node:http` and `node:https` share. */
interface Transport {
  readonly Agent: new (options: { keepAlive: boolean; maxSockets: number }) => Agent;
  request(options: RequestOptions): ClientRequest;
}

export const createExchange = (endpoint: URL, limits: CallLimits): Exchange => {
  // Loads only the module that is needed: each adds milliseconds to a cold start.
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
      const giveUp = (action: string, milliseconds: number) =>
        setTimeout(() => request.destroy(timeoutError(action, milliseconds)), milliseconds);
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

const timeoutError = (action: string, milliseconds: number): Error =>
  Object.assign(new Error(`The service has not ${action} in ${milliseconds} ms.`), { name: 'TimeoutError' });
