import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Defer } from './scope.ts';

/** A proxy of the DynamoDB engine that counts, and can delay responses. */
export interface DynamoDbProxy {
  readonly endpoint: string;
  /** Requests and capacity units since the last call. */
  consumed(): Consumed & {
    /** The part of the units that reads used. */
    readonly readUnits: number;
    readonly operations: Readonly<Record<string, Consumed>>;
  };
}

interface Consumed {
  readonly requests: number;
  readonly units: number;
}

interface Output {
  /** A list has one element per table of a transaction. */
  readonly ConsumedCapacity?: Capacity | readonly Capacity[];
}
type Capacity = { readonly CapacityUnits?: number };

const READS: readonly string[] = ['GetItem', 'BatchGetItem', 'TransactGetItems', 'Query', 'Scan'];

const NONE: Consumed = { requests: 0, units: 0 };

/**
 * Runs in the process of the harness, so its CPU time does not count for a contender. It adds `ReturnConsumedCapacity` to each
 * request, which DynamoDB would refuse because of the signature, and removes the capacity from the response.
 * @param milliseconds delay of every response
 */
export const openDynamoDbProxy = async (defer: Defer, engine: string, milliseconds = 0): Promise<DynamoDbProxy> => {
  const agent = new Agent({ keepAlive: true });
  let operations: Record<string, Consumed> = {};

  const forward = (incoming: IncomingMessage, body: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = { ...incoming.headers, 'content-length': Buffer.byteLength(body) };
      request(engine, { agent, method: 'POST', headers }, resolve).once('error', reject).end(body);
    });

  const server = createServer(async (incoming, response) => {
    const input = JSON.parse(await text(incoming)) as object;
    const reply = await forward(incoming, JSON.stringify({ ...input, ReturnConsumedCapacity: 'TOTAL' }));
    const { ConsumedCapacity = [], ...output } = JSON.parse(await text(reply)) as Output;
    const operation = String(incoming.headers['x-amz-target']).replace(/^.*\./, '');
    const { requests, units } = operations[operation] ?? NONE;
    operations[operation] = {
      requests: requests + 1,
      units: [ConsumedCapacity].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, units),
    };
    if (milliseconds > 0) await delay(milliseconds);
    response.writeHead(reply.statusCode ?? 500, { 'content-type': reply.headers['content-type'] });
    response.end(JSON.stringify(output));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => {
    server.closeAllConnections();
    server.close();
    agent.destroy();
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    consumed: () => {
      const consumed = operations;
      operations = {};
      const unitsOf = (names: readonly string[]) => names.reduce((sum, name) => sum + (consumed[name]?.units ?? 0), 0);
      return {
        requests: Object.values(consumed).reduce((sum, { requests }) => sum + requests, 0),
        units: unitsOf(Object.keys(consumed)),
        readUnits: unitsOf(READS),
        operations: consumed,
      };
    },
  };
};
