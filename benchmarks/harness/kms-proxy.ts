import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Defer } from './scope.ts';

/** A proxy of the KMS stand-in that counts. */
export interface KmsProxy {
  readonly endpoint: string;
  /** Requests since the last call, by operation. */
  consumed(): Readonly<Record<string, number>>;
}

/** Runs in the process of the harness, so its CPU time does not count for a contender. */
export const openKmsProxy = async (defer: Defer, standIn: string): Promise<KmsProxy> => {
  const agent = new Agent({ keepAlive: true });
  let counts: Record<string, number> = {};
  const server = createServer((incoming, response) => {
    const operation = String(incoming.headers['x-amz-target']).replace(/^.*\./, '');
    counts[operation] = (counts[operation] ?? 0) + 1;
    const forwarded = request(standIn, { agent, method: 'POST', headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    forwarded.once('error', () => response.destroy());
    incoming.pipe(forwarded);
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
      const result = counts;
      counts = {};
      return result;
    },
  };
};
