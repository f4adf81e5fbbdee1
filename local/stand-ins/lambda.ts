import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Paths of Lambda's `Invoke`. */
export const INVOKE_PREFIX = '/2015-03-31/functions/';

const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** Lambda's own limit for a call that is waited for. */
const MAX_PAYLOAD_BYTES = 6_291_456;

/** Calls a function by its name, its ARN, or that of an alias. */
export type Invoke = (name: string, event: unknown) => Promise<unknown>;

/**
 * Stand-in for AWS Lambda: `Invoke` that waits for the answer. A function that fails is answered with 200 and its error, as
 * Lambda has it; other invocation types are refused by name.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export const serveInvoke =
  (invoke: Invoke) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers });
      response.end(JSON.stringify(body));
    };
    const refuse = (status: number, type: string, message: string) =>
      answer(status, { Type: 'User', Message: message }, { 'x-amzn-errortype': type });

    const [, encoded] = INVOKE.exec((request.url ?? '').split('?')[0] ?? '') ?? [];
    if (request.method !== 'POST' || encoded === undefined) {
      refuse(404, 'UnknownOperationException', 'Only Invoke is done here.');
      return;
    }
    const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
    if (type !== 'RequestResponse') {
      refuse(400, 'InvalidParameterValueException', `The invocation type ${type} is not done here.`);
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request) {
      size += chunk.length;
      if (size <= MAX_PAYLOAD_BYTES) chunks.push(chunk);
    }
    if (size > MAX_PAYLOAD_BYTES) {
      refuse(413, 'RequestTooLargeException', 'The payload is too large.');
      return;
    }
    let event: unknown;
    try {
      event = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
    } catch {
      refuse(400, 'InvalidRequestContentException', 'The payload is not JSON.');
      return;
    }
    try {
      answer(200, await invoke(decodeURIComponent(encoded), event));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (/^There is no function/.test(message)) refuse(404, 'ResourceNotFoundException', message);
      else answer(200, { errorMessage: message }, { 'x-amz-function-error': 'Unhandled' });
    }
  };
