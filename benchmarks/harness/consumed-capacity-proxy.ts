import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';

/** A link to the DynamoDB engine that asks it, with each request, what it consumes. */
export interface CapacityLink {
  readonly endpoint: string;
  /** Requests and units since the last time that this was asked. */
  consumed(): { readonly requests: number; readonly units: number };
  stop(): void;
}

/** Of one answer: one table's, or one for each table of a transaction. */
interface Consumed {
  readonly CapacityUnits?: number;
}

/** Engines do not check what a request was signed over; DynamoDB would. */
export const openCapacityLink = async (engine: string): Promise<CapacityLink> => {
  const agent = new Agent({ keepAlive: true });
  let [requests, units] = [0, 0];

  const forward = (incoming: IncomingMessage, body: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = { ...incoming.headers, 'content-length': `${Buffer.byteLength(body)}` };
      request(engine, { agent, method: 'POST', headers }, resolve).once('error', reject).end(body);
    });

  const server = createServer(async (incoming, response) => {
    const asked = JSON.parse(await text(incoming)) as object;
    const answer = await forward(incoming, JSON.stringify({ ...asked, ReturnConsumedCapacity: 'TOTAL' }));
    const body = await buffer(answer);
    const { ConsumedCapacity = [] } = JSON.parse(body.toString('utf8')) as {
      readonly ConsumedCapacity?: Consumed | readonly Consumed[];
    };
    requests += 1;
    for (const { CapacityUnits = 0 } of [ConsumedCapacity].flat()) units += CapacityUnits;
    response.writeHead(answer.statusCode ?? 500, { 'content-type': answer.headers['content-type'] });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    consumed: () => {
      const sums = { requests, units };
      [requests, units] = [0, 0];
      return sums;
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
};
