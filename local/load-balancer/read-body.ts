import type { IncomingMessage } from 'node:http';

/** Largest body in bytes that goes to a Lambda target. */
const MAX_BODY_BYTES = 1_048_576;
/** Bytes of a larger body that are read and discarded, so that its sender can read the response. */
const MAX_DISCARDED_BYTES = 32 * MAX_BODY_BYTES;

/** Reads a request's body. @throws if the client goes away before its end. */
export const readBody = async (incoming: IncomingMessage): Promise<Buffer | 'too-large'> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
    if (size > MAX_DISCARDED_BYTES) break;
  }
  return size > MAX_BODY_BYTES ? 'too-large' : Buffer.concat(chunks);
};
