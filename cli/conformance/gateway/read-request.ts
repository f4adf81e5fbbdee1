import type { IncomingMessage } from 'node:http';
import type { SentRequest } from './exchange.ts';

/** Bytes of a body that is too large that are read and thrown away, so that its sender can read the answer. */
const MAX_DISCARDED_BYTES = 33_554_432;

/** The body of a request, and how it compares with its announced length. */
export type ReadBody = Pick<SentRequest, 'body' | 'length'>;

/**
 * Reads a body. Ends if the rest does not come within a time, or if the client goes away.
 * @param limit bytes
 * @param idle calls its argument when no byte has come for the time that the kit waits; returns a function that cancels it
 */
export const readBody = (
  incoming: IncomingMessage,
  limit: number,
  idle: (work: () => void) => () => void,
): Promise<ReadBody> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let cancel: () => void = () => undefined;
    const finish = (length: SentRequest['length']): void => {
      cancel();
      incoming.removeAllListeners('data');
      const isTooLarge = size > limit;
      resolve({
        body: isTooLarge ? new Uint8Array() : Buffer.concat(chunks),
        length: isTooLarge ? 'too-large' : length,
      });
    };
    const wait = (): void => {
      cancel();
      cancel = idle(() => finish('short'));
    };
    wait();
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else chunks.length = 0;
      if (size > limit + MAX_DISCARDED_BYTES) finish('too-large');
      else wait();
    });
    incoming.once('end', () => finish('exact'));
    incoming.once('close', () => finish('short'));
    incoming.once('error', () => finish('short'));
  });

/** Lines of the headers, names in lower case. */
export const readHeaderLines = ({ rawHeaders }: IncomingMessage): SentRequest['headers'] =>
  rawHeaders.flatMap((text, i) => (i % 2 === 0 ? [[text.toLowerCase(), rawHeaders[i + 1] ?? ''] as const] : []));
