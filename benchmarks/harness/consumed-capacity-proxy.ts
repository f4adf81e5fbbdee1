import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import type { Defer } from './scope.ts';

/** A proxy of the DynamoDB engine that adds `ReturnConsumedCapacity` to every request. */
export interface ConsumedCapacityProxy {
  readonly endpoint: string;
  /** Requests and capacity units since the last call. */
  consumed(): { readonly requests: number; readonly units: number };
}

interface ConsumedCapacity {
  readonly CapacityUnits?: number;
}

/** Works with an engine only: DynamoDB would refuse the changed request because of its signature. */
export const openConsumedCapacityProxy = async (defer: Defer, engine: string): Promise<ConsumedCapacityProxy> => {
  const agent = new Agent({ keepAlive: true });
  let [requests, units] = [0, 0];

  const forward = (incoming: IncomingMessage, body: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = { ...incoming.headers, 'content-length': `${Buffer.byteLength(body)}` };
      request(engine, { agent, method: 'POST', headers }, resolve).once('error', reject).end(body);
    });

  const server = createServer(async (incoming, response) => {
    const input = JSON.parse(await text(incoming)) as object;
    const reply = await forward(incoming, JSON.stringify({ ...input, ReturnConsumedCapacity: 'TOTAL' }));
    const body = await buffer(reply);
    // A list has one element per table of a transaction.
    const { ConsumedCapacity = [] } = JSON.parse(body.toString('utf8')) as {
      readonly ConsumedCapacity?: ConsumedCapacity | readonly ConsumedCapacity[];
    };
    requests += 1;
    for (const { CapacityUnits = 0 } of [ConsumedCapacity].flat()) units += CapacityUnits;
    response.writeHead(reply.statusCode ?? 500, { 'content-type': reply.headers['content-type'] });
    response.end(body);
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
      const sums = { requests, units };
      [requests, units] = [0, 0];
      return sums;
    },
  };
};
