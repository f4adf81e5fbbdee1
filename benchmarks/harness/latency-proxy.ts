import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Defer } from './scope.ts';

/** A proxy in a separate process that delays responses and counts requests. */
export interface LatencyProxy {
  readonly endpoint: string;
  /** Number of requests since the last call. */
  requests(): Promise<number>;
}

const nextMessage = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve) => child.once('message', resolve as never));

/** @param milliseconds added to every response of the endpoint */
export const openLatencyProxy = async (defer: Defer, endpoint: string, milliseconds = 0): Promise<LatencyProxy> => {
  const child = fork(fileURLToPath(new URL('latency-proxy-process.mjs', import.meta.url)), [
    new URL(endpoint).port,
    `${milliseconds}`,
  ]);
  defer(() => child.disconnect());
  const { port } = await nextMessage<{ readonly port: number }>(child);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests: async () => {
      const reply = nextMessage<{ readonly requests: number }>(child);
      child.send('requests');
      return (await reply).requests;
    },
  };
};
