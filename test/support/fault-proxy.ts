import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { refuse } from './fault-answers.ts';
import { describeRequest } from './proxied-request.ts';

/** A fault of one request between a client and its service. */
export type Fault =
  /**
   * The transaction is cancelled for a conflict on each item; a single write gets TransactionConflictException, and a
   * conditional one of S3 ConditionalRequestConflict.
   */
  | { readonly kind: 'conflict' }
  /** The transaction is cancelled with these codes, by position: `['None', 'ThrottlingError']`. */
  | { readonly kind: 'cancelled'; readonly codes: readonly string[] }
  | {
      readonly kind: 'throttled';
      /**
       * Error code of DynamoDB. @default ProvisionedThroughputExceededException; KMS and Step Functions: ThrottlingException;
       * SQS: RequestThrottled; Lambda: TooManyRequestsException; S3: SlowDown
       */
      readonly as?: 'ProvisionedThroughputExceededException' | 'ThrottlingException' | 'RequestLimitExceeded';
    }
  | { readonly kind: 'error'; readonly status: 500 | 503 }
  /** Forwarded after a number of milliseconds. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** Forwarded when the promise resolves. */
  | { readonly kind: 'held'; readonly until: Promise<unknown> }
  /** Forwarded. The client gets the answer when the promise resolves. */
  | { readonly kind: 'heldAnswer'; readonly until: Promise<unknown> }
  /** The connection is reset before the engine gets the request. */
  | { readonly kind: 'reset' }
  /** The engine commits, and the connection is reset before the client gets the answer. */
  | { readonly kind: 'lostAnswer' }
  /** Neither forwarded nor answered, until the client gives up. */
  | { readonly kind: 'silence' };

/** A request that the proxy received. */
export interface ProxiedRequest {
  /**
   * Name of the operation in the service's API, for example `TransactWriteItems`. Of Lambda `Invoke` and the callbacks of durable
   * functions; of S3 `PutObject`, `GetObject` and `HeadObject`.
   */
  readonly operation: string;
  /** 1 for the first request of this operation since the last `clear`. */
  readonly number: number;
  /** Members of the JSON request; for Lambda the one of the path; for S3, `Bucket`, `Key` and, if the request has one, `Range`. */
  readonly input: Readonly<Record<string, unknown>>;
}

export interface FaultProxy {
  readonly endpoint: string;
  /** Requests since the last `clear`, in order. Requests with a fault and retries of the SDK are included. */
  readonly requests: readonly ProxiedRequest[];
  count(operation?: string): number;
  /** Sets the function that chooses the fault of each request; `undefined` forwards it. Replaces the function set before. */
  inject(choose: (request: ProxiedRequest) => Fault | undefined): void;
  /** Sets one fault for each of the next requests of an operation. Later requests have no fault. */
  injectNext(operation: string, ...faults: readonly Fault[]): void;
  /** Removes the faults and forgets the requests. */
  clear(): void;
  close(): Promise<void>;
}

/**
 * An HTTP proxy in front of DynamoDB, KMS, SQS, Step Functions, Lambda or S3. Its faults have the form that the faults of the service have. Requests to
 * URLs that were presigned with its endpoint pass through it too.
 */
export const openFaultProxy = async (target: string): Promise<FaultProxy> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  let requests: ProxiedRequest[] = [];
  let choose: (request: ProxiedRequest) => Fault | undefined = () => undefined;

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const body = await readAll(incoming);
    const { service, operation, input } = describeRequest(incoming, body);
    const number = requests.filter((earlier) => earlier.operation === operation).length + 1;
    const proxied = { operation, number, input };
    requests.push(proxied);
    const fault = choose(proxied);
    switch (fault?.kind) {
      case 'reset':
        incoming.socket.resetAndDestroy();
        return;
      case 'silence':
        return;
      case 'conflict':
      case 'cancelled':
      case 'throttled':
      case 'error':
        refuse(response, service, proxied, fault);
        return;
      case 'delay':
        await delay(fault.milliseconds);
        break;
      case 'held':
        await fault.until;
    }
    const answer = await forward(target, agent, incoming, body);
    if (fault?.kind === 'heldAnswer') await fault.until;
    if (fault?.kind === 'lostAnswer') {
      incoming.socket.resetAndDestroy();
      return;
    }
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };

  const server = createServer((incoming, response) => {
    // A client or an engine that is gone: the other side learns it as it would without a proxy between.
    serve(incoming, response).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');

  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    get requests() {
      return requests;
    },
    count: (operation) => requests.filter((each) => operation === undefined || each.operation === operation).length,
    inject: (chooser) => {
      choose = chooser;
    },
    injectNext: (operation, ...faults) => {
      const left = [...faults];
      choose = (each) => (each.operation === operation ? left.shift() : undefined);
    },
    clear: () => {
      requests = [];
      choose = () => undefined;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
};

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const forward = (target: string, agent: Agent, incoming: IncomingMessage, body: Buffer): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(incoming.url ?? '/', target),
      { method: incoming.method ?? 'POST', headers: incoming.headers, agent },
      (answer) => {
        readAll(answer).then(
          (bytes) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: bytes }),
          reject,
        );
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });

const readAll = async (stream: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};
