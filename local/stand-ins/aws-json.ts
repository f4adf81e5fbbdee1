import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The members of a request, as its JSON had them. */
export type Input = Readonly<Record<string, unknown>>;

/** Performs one operation. @throws {ServiceError} to refuse it */
export type Operation = (input: Input, request: IncomingMessage) => object | Promise<object>;

/** A service that speaks AWS JSON: the operation is named by `X-Amz-Target: PREFIX.Operation`. */
export interface JsonService {
  readonly targetPrefix: string;
  readonly version: '1.0' | '1.1';
  readonly operations: Readonly<Record<string, Operation>>;
}

/**
 * An error in the service's own words. Its name reaches the client as `__type`, from which SDKs make their classes. An empty
 * message is omitted.
 */
export class ServiceError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(name: string, message: string, status = 400, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = name;
    this.status = status;
    this.headers = headers;
  }
}

/** The largest request of any service here (SQS and EventBridge: 1 MiB of content, base64 and JSON around it). */
const MAX_REQUEST_BYTES = 8 * 1_048_576;

/**
 * Answers one request for the services given. Signatures are not checked: any credentials are good here.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
export const serveJson = async (
  services: readonly JsonService[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const [prefix = '', operationName = ''] = String(request.headers['x-amz-target']).split('.');
  const service = services.find(({ targetPrefix }) => targetPrefix === prefix);
  const version = service?.version ?? '1.1';
  const answer = (status: number, body: object, headers: Readonly<Record<string, string>> = {}) => {
    const text = JSON.stringify(body);
    response.writeHead(status, {
      'content-type': `application/x-amz-json-${version}`,
      'content-length': Buffer.byteLength(text),
      'x-amzn-requestid': randomUUID(),
      ...headers,
    });
    response.end(text);
  };
  try {
    const body = await readBody(request);
    const operation = operationOf(service, operationName);
    if (request.method !== 'POST' || operation === undefined) {
      throw new ServiceError('UnknownOperationException', `There is no operation "${prefix}.${operationName}" here.`);
    }
    answer(200, await operation(parse(body), request));
  } catch (error) {
    if (error instanceof ServiceError) {
      const message = error.message === '' ? {} : { message: error.message };
      answer(error.status, { __type: error.name, ...message }, error.headers);
    } else {
      // A fault of the stand-in itself: what AWS calls InternalFailure, which SDKs retry.
      answer(500, { __type: 'InternalFailure', message: error instanceof Error ? error.message : String(error) });
    }
  }
};

const operationOf = (service: JsonService | undefined, name: string): Operation | undefined =>
  service !== undefined && Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_REQUEST_BYTES) throw new ServiceError('RequestEntityTooLargeException', 'Too large.', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const parse = (body: Buffer): Input => {
  try {
    const value: unknown = JSON.parse(body.toString('utf8') || '{}');
    if (isRecord(value)) return value;
  } catch {
    // Answered below, like JSON of another kind.
  }
  throw new ServiceError('SerializationException', 'The body is not a JSON object.');
};

export const isRecord = (value: unknown): value is Input =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A violated constraint, in the words that AWS services share. */
export const violation = (value: unknown, member: string, constraint: string): ServiceError => {
  const shown = value === undefined ? 'null' : `'${String(value).slice(0, 256)}'`;
  const name = `${member.charAt(0).toLowerCase()}${member.slice(1)}`;
  return new ServiceError(
    'ValidationException',
    `1 validation error detected: Value ${shown} at '${name}' failed to satisfy constraint: Member must ${constraint}`,
  );
};

/** @throws {ServiceError} SerializationException when the member is there and no string */
export const optionalText = (input: Input, member: string): string | undefined => {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new ServiceError('SerializationException', `${member} is not a string.`);
  return value;
};

/** @throws {ServiceError} ValidationException when the member is absent or longer than `max` characters */
export const requiredText = (input: Input, member: string, max = 2_048): string => {
  const value = optionalText(input, member);
  if (value === undefined) throw violation(undefined, member, 'not be null');
  if (value.length < 1) throw violation(value, member, 'have length greater than or equal to 1');
  if (value.length > max) throw violation(value, member, `have length less than or equal to ${max}`);
  return value;
};

/** @throws {ServiceError} ValidationException unless the member is one of `values` */
export const oneOf = <T extends string>(
  input: Input,
  member: string,
  values: readonly T[],
  byDefault?: NoInfer<T>,
): T => {
  const value = optionalText(input, member) ?? byDefault;
  if (value === undefined) throw violation(undefined, member, 'not be null');
  const known = values.find((each) => each === value);
  if (known === undefined) throw violation(value, member, `satisfy enum value set: [${values.join(', ')}]`);
  return known;
};
