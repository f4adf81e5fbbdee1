import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request as it came over the wire. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer, or `lost`: the request was read, and the connection ends without an answer. */
export type StandInAnswer =
  | 'lost'
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Sent as JSON; a string as HTML. */
      readonly body?: object | string;
    };

/** Stand-in for a gateway: a real HTTP server on loopback that gives the answers that a test names. */
export interface StandInGateway {
  readonly origin: string;
  readonly requests: readonly ReceivedRequest[];
  /** Gives these answers in their order. The last one is for all further requests. */
  answer(...answers: readonly StandInAnswer[]): void;
  readonly close: () => Promise<void>;
}

export const RECORDED = {
  status: 200,
  body: { taskId: 'task-1', status: 'succeeded', receivedAt: '2026-11-30T12:00:00.000Z' },
} as const satisfies StandInAnswer;

/** A refusal as a function of the gateway answers it. */
export const refusal = (
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): StandInAnswer => ({
  status,
  headers: { 'content-type': 'application/problem+json', 'x-request-id': 'request-1', ...headers },
  body: {
    type: `https://callbacks.example.com/problems/${code}`,
    title: 'A title.',
    status,
    code,
    requestId: 'request-1',
  },
});

export const openStandInGateway = async (): Promise<StandInGateway> => {
  let answers: StandInAnswer[] = [RECORDED];
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const { headers, method = '', url = '' } = request;
    requests.push({ method, path: url, headers, body: (await buffer(request)).toString('latin1') });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === 'lost' || answer === undefined) request.socket.destroy();
    else send(response, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (...next) => {
      answers = [...next];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const send = (response: ServerResponse, { body, headers, status }: Exclude<StandInAnswer, 'lost'>): void => {
  const type = typeof body === 'string' ? 'text/html' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};
