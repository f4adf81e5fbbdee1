/**
 * Calls that the types of the package must refuse. Each `@ts-expect-error` is an error of the type check where the line below it
 * compiles.
 */

import {
  Callback,
  type CallbackError,
  dpop,
  httpSignature,
  type Receipt,
  type UploadContent,
} from '../../../sdk/processor/index.ts';

const callback = new Callback('https://callbacks.example.com/v1/results/task-1', { token: 'token' });
const privateJwk = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' };

// @ts-expect-error no content type
callback.deliver({ text: 'a' });

// @ts-expect-error undefined is no payload
callback.deliver(undefined, { contentType: 'application/json' });

// @ts-expect-error a failure has a code
callback.fail({ message: 'page 3' });

// @ts-expect-error the percentage is a number
callback.progress({ percent: '40' });

// @ts-expect-error no such member of a report
callback.progress({ percent: 40, page: 2 });

// @ts-expect-error no interval
callback.heartbeat({});

// @ts-expect-error no content type
callback.upload(new Uint8Array());

declare const stream: ReadableStream<Uint8Array>;
declare const anyContent: UploadContent;
const PDF = { contentType: 'application/pdf' };

// @ts-expect-error no size and sha256 of a stream
callback.upload(stream, PDF);

// @ts-expect-error no sha256 of a stream
callback.upload(stream, { ...PDF, size: 1 });

// @ts-expect-error content that may be a stream
callback.upload(anyContent, PDF);

callback.upload(stream, { ...PDF, size: 1, sha256: '00' });
callback.upload(anyContent, { ...PDF, size: 1, sha256: '00' });
callback.upload(new Blob([]), PDF);

// @ts-expect-error a text is no object to upload
callback.upload('text', { contentType: 'text/plain' });

// @ts-expect-error no such capability
new Callback({ outcome: { url: 'https://callbacks.example.com/v1/results/task-1' } });

// @ts-expect-error no URL
new Callback({ result: { token: 'token' } });

// @ts-expect-error the proof is made by a function
new Callback('https://callbacks.example.com/v1/results/task-1', { proof: 'dpop' });

// @ts-expect-error no key
dpop({});

// @ts-expect-error no name of the key
httpSignature({ privateJwk });

/** What a caller may rely on. */
export const readReceipt = ({ receivedAt, replayed, status, taskId }: Receipt): string => {
  const isTold: boolean = replayed;
  // @ts-expect-error no such status
  if (status === 'done') return '';
  return isTold ? `${taskId} ${receivedAt}` : '';
};

export const readError = ({ code, giveUp, status }: CallbackError): boolean => {
  const told: number | undefined = status;
  // @ts-expect-error no such code
  if (code === 'token_lost') return false;
  return giveUp && told === 409 && code === 'task_closed';
};
