import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A link to the DynamoDB engine that answers some milliseconds later, and counts. */
export interface Link {
  readonly endpoint: string;
  /** Requests since the last time that this was asked. */
  requests(): Promise<number>;
  stop(): void;
}

const ask = <T>(child: ChildProcess): Promise<T> => new Promise((resolve) => child.once('message', resolve as never));

export const openLink = async (endpoint: string, milliseconds: number): Promise<Link> => {
  const child = fork(fileURLToPath(new URL('slow-link.mjs', import.meta.url)), [
    new URL(endpoint).port,
    `${milliseconds}`,
  ]);
  const { port } = await ask<{ readonly port: number }>(child);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests: async () => {
      const answer = ask<{ readonly requests: number }>(child);
      child.send('requests');
      return (await answer).requests;
    },
    stop: () => child.disconnect(),
  };
};
