import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';

/** A request, as the stand-in received it. */
export interface ReceivedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer of the stand-in. */
export type StandInAnswer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** An object is sent as JSON. */
      readonly body?: string | object;
    }
  /** Closes the connection without an answer. */
  | 'no answer'
  /** Sends the beginning of an answer and closes the connection. */
  | 'half an answer'
  /** Keeps the connection open until the client closes it. */
  | 'silence'
  | ((request: ReceivedRequest) => StandInAnswer | Promise<StandInAnswer>);

/** Stand-in for a gateway or an identity provider: a real HTTP server on loopback whose answers a test chooses. */
export interface WebStandIn {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Every request since the last `answerWith`. */
  readonly requests: readonly ReceivedRequest[];
  /** Sets the answers of the next requests and forgets the earlier requests. The last answer serves all further requests. */
  answerWith(...answers: readonly StandInAnswer[]): void;
  close(): Promise<void>;
}

export const openWebStandIn = async (): Promise<WebStandIn> => {
  let requests: ReceivedRequest[] = [];
  let answers: readonly StandInAnswer[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { headers, method = '', url = '' } = incoming;
    const request = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
    requests.push(request);
    await send(response, request, answers[requests.length - 1] ?? answers.at(-1) ?? { status: 500 });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The stand-in has no port.');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    get requests() {
      return requests;
    },
    answerWith: (...next) => {
      requests = [];
      answers = next;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
};

const send = async (response: ServerResponse, request: ReceivedRequest, answer: StandInAnswer): Promise<void> => {
  if (typeof answer === 'function') return send(response, request, await answer(request));
  if (answer === 'silence') return;
  if (answer === 'no answer') {
    response.destroy();
    return;
  }
  if (answer === 'half an answer') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"taskId":', () => response.destroy());
    return;
  }
  const { body = '', headers = {}, status } = answer;
  const type = typeof body === 'string' ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body));
};
