import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { FunctionError } from '../functions/function-error.ts';

/** Paths of Lambda's `Invoke`. */
export const INVOKE_PREFIX = '/2015-03-31/functions/';

const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/**
 * Lambda's own limits, for a call that is waited for and for one that is not.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const MAX_PAYLOAD_BYTES = { RequestResponse: 6_291_456, Event: 1_048_576 } as const;

/** Calls a function by its name, its ARN, or that of an alias. */
export type Invoke = (name: string, event: unknown) => Promise<unknown>;

/**
 * Accepts a call without a waiting caller, and makes its retries.
 * @returns false if there is no such function
 */
export type Enqueue = (name: string, event: unknown) => boolean;

/**
 * Stand-in for AWS Lambda: `Invoke`. A caller that waits for a function that fails gets 200 and its error, as Lambda has it:
 * `errorType`, `errorMessage` and `trace`. One that does not wait gets 202. Other invocation types are refused by name.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export const serveInvoke =
  (invoke: Invoke, enqueue: Enqueue = () => false) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers });
      response.end(JSON.stringify(body));
    };
    const refuse = (status: number, type: string, message: string) =>
      answer(status, { Type: 'User', Message: message }, { 'x-amzn-errortype': type });

    const target = readTarget(request);
    if (request.method !== 'POST' || target === undefined) {
      refuse(404, 'UnknownOperationException', 'Only Invoke is done here.');
      return;
    }
    const name = qualify(target);
    if (name === undefined) {
      refuse(400, 'InvalidParameterValueException', 'The qualifier of the function name is not the given qualifier.');
      return;
    }
    const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
    if (type !== 'RequestResponse' && type !== 'Event') {
      refuse(400, 'InvalidParameterValueException', `The invocation type ${type} is not done here.`);
      return;
    }
    const chunks: Buffer[] = [];
    const limit = MAX_PAYLOAD_BYTES[type];
    let size = 0;
    for await (const chunk of request) {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
    }
    if (size > limit) {
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
    if (type === 'Event') {
      if (enqueue(name, event)) response.writeHead(202, { 'x-amzn-requestid': randomUUID() }).end();
      else refuse(404, 'ResourceNotFoundException', `There is no function "${name}".`);
      return;
    }
    try {
      answer(200, await invoke(name, event));
    } catch (error) {
      if (error instanceof FunctionError) {
        answer(200, error.payload, { 'x-amz-function-error': 'Unhandled' });
        return;
      }
      const message = error instanceof Error ? error.message : String(error);
      if (/^There is no function/.test(message)) refuse(404, 'ResourceNotFoundException', message);
      else answer(500, { Type: 'Service', Message: message }, { 'x-amzn-errortype': 'ServiceException' });
    }
  };

interface Target {
  /** Name or ARN, with or without a qualifier. */
  readonly name: string;
  readonly qualifier: string | null;
}

const readTarget = ({ url = '' }: IncomingMessage): Target | undefined => {
  const [path = '', query = ''] = url.split('?', 2);
  const [, encoded] = INVOKE.exec(path) ?? [];
  if (encoded === undefined) return undefined;
  return { name: decodeURIComponent(encoded), qualifier: new URLSearchParams(query).get('Qualifier') };
};

/** `undefined` if the name has another qualifier. */
const qualify = ({ name, qualifier }: Target): string | undefined => {
  if (qualifier === null) return name;
  const own = name.split(':')[name.startsWith('arn:') ? 7 : 1];
  if (own === undefined) return `${name}:${qualifier}`;
  return own === qualifier ? name : undefined;
};
