import type { Outcome } from '../shared/failure.ts';
import { isRetryableStatus } from '../shared/http-answers.ts';
import { isProtected } from '../shared/origin.ts';
import { send } from '../shared/request.ts';
import type { CallOptions } from './call-options.ts';
import type { Gateway } from './gateway.ts';

/** Options of a call that reads a payload. */
export interface PayloadOptions<A extends 'bytes' | 'response' = 'bytes' | 'response'> extends CallOptions {
  /**
   * `bytes`: all bytes in memory. `response`: the answer, whose body is a stream, with the content type of the processor. A
   * connection that ends inside this body is not retried.
   * @default bytes
   */
  readonly as?: A;
}

type PayloadLine = 'GET /v1/tasks/{taskId}/result' | 'GET /v1/tasks/{taskId}/failure';

/**
 * Reads what a processor delivered. A large payload is in the bucket, and its presigned URL gets no access token.
 * @throws {PosternError}
 */
export const readPayload = async <A extends 'bytes' | 'response'>(
  gateway: Gateway,
  line: PayloadLine,
  taskId: string,
  { as, signal }: PayloadOptions<A>,
): Promise<A extends 'response' ? Response : Uint8Array<ArrayBuffer>> => {
  const open = async (response: Response): Promise<Outcome<Response | Uint8Array<ArrayBuffer>>> => ({
    value: as === 'response' ? response : new Uint8Array(await response.arrayBuffer()),
  });
  const payload = await gateway.callAndRead(
    line,
    { path: { taskId }, ...(signal && { signal }) },
    async (response, request) => {
      if (response.ok) return open(response);
      await response.body?.cancel();
      const url = readLocation(response, gateway);
      if (url === undefined) {
        return invalid(`${request} got 303 without a protected URL. Ask the platform team.`, response.status);
      }
      return send(gateway.platform, {
        request: `${request} from the bucket`,
        url,
        init: {},
        read: async (found) => {
          if (found.ok) return open(found);
          await found.body?.cancel();
          return invalid(`${request} got ${found.status} from the bucket. Try again later.`, found.status);
        },
        isLong: true,
        signal,
      });
    },
    true,
  );
  return payload as A extends 'response' ? Response : Uint8Array<ArrayBuffer>;
};

/** A bucket of the network is not asked in clear; that of a gateway on this machine is on it too. */
const readLocation = ({ headers }: Response, { isLocal }: Gateway): string | undefined => {
  const location = headers.get('location') ?? '';
  if (!URL.canParse(location)) return undefined;
  const url = new URL(location);
  return isProtected(url) && (isLocal || url.protocol === 'https:') ? location : undefined;
};

const invalid = (message: string, status: number): Outcome<never> => {
  const retryable = isRetryableStatus(status);
  return { failure: { code: retryable ? 'unavailable' : 'answer_invalid', message, status, retryable } };
};
