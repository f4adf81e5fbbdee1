import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AssumedRoles } from './assumed-roles.ts';
import { escapeText } from './xml.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
const MAX_REQUEST_BYTES = 65_536;
const DEFAULT_SECONDS = 3_600;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const PARAMETERS = {
  RoleArn: /^(?=.{20,2048}$)arn:aws[a-z-]*:iam::\d{12}:role\/[\u0021-\u007E]+$/,
  RoleSessionName: /^[\w+=,.@-]{2,64}$/,
  ExternalId: /^[\w+=,.@:/-]{2,1224}$/,
} as const;

class StsError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** True for requests in the query protocol, which of the services here only STS has. */
export const isQueryRequest = ({ headers, method }: IncomingMessage): boolean =>
  method === 'POST' && headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;

/**
 * Stand-in for AWS STS: `AssumeRole`. Every role may be assumed, except one that has `denied` in its name.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export const createSts =
  (roles: AssumedRoles, accountId: string): RequestListener =>
  async (request, response) => {
    const answer = (status: number, body: string) => {
      response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': randomUUID() });
      response.end(body);
    };
    try {
      answer(200, assumeRole(roles, accountId, new URLSearchParams(await readBody(request))));
    } catch (error) {
      if (!(error instanceof StsError)) throw error;
      const content = element('Type', 'Sender') + element('Code', error.code) + element('Message', error.message);
      answer(error.status, `<ErrorResponse xmlns="${NAMESPACE}"><Error>${content}</Error></ErrorResponse>`);
    }
  };

const assumeRole = (roles: AssumedRoles, accountId: string, parameters: URLSearchParams): string => {
  const action = parameters.get('Action');
  if (action !== 'AssumeRole') throw new StsError('InvalidAction', `The action ${action} is not done here.`);
  const roleArn = required(parameters, 'RoleArn');
  const sessionName = required(parameters, 'RoleSessionName');
  const externalId = checked(parameters, 'ExternalId');
  const seconds = Number(parameters.get('DurationSeconds') ?? DEFAULT_SECONDS);
  if (!(Number.isInteger(seconds) && seconds >= 900 && seconds <= 43_200)) throw violation('DurationSeconds');
  const roleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
  if (roleName.includes('denied')) {
    const caller = `arn:aws:sts::${accountId}:assumed-role/local/local`;
    const message = `User: ${caller} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`;
    throw new StsError('AccessDenied', message, 403);
  }
  const role = { roleArn, sessionName, ...(externalId !== undefined && { externalId }) };
  const { accessKeyId, expiresAt, secretAccessKey, sessionToken } = roles.assume(role, seconds);
  const credentials =
    element('AccessKeyId', accessKeyId) +
    element('SecretAccessKey', secretAccessKey) +
    element('SessionToken', sessionToken) +
    element('Expiration', expiresAt.toISOString().replace(/\.\d{3}Z$/, 'Z'));
  const account = roleArn.split(':')[4];
  const user =
    element('AssumedRoleId', `AROA${accessKeyId.slice(4)}:${sessionName}`) +
    element('Arn', `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`);
  return (
    `<AssumeRoleResponse xmlns="${NAMESPACE}"><AssumeRoleResult>` +
    `<AssumedRoleUser>${user}</AssumedRoleUser><Credentials>${credentials}</Credentials>` +
    `</AssumeRoleResult><ResponseMetadata>${element('RequestId', randomUUID())}</ResponseMetadata></AssumeRoleResponse>`
  );
};

const checked = (parameters: URLSearchParams, name: keyof typeof PARAMETERS): string | undefined => {
  const value = parameters.get(name) ?? undefined;
  if (value !== undefined && !PARAMETERS[name].test(value)) throw violation(name);
  return value;
};

const required = (parameters: URLSearchParams, name: keyof typeof PARAMETERS): string => {
  const value = checked(parameters, name);
  if (value === undefined) throw violation(name);
  return value;
};

const violation = (name: string): StsError =>
  new StsError('ValidationError', `1 validation error detected: the value at '${name}' failed to satisfy constraint`);

const element = (name: string, text: string): string => `<${name}>${escapeText(text)}</${name}>`;

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_REQUEST_BYTES) throw new StsError('RequestEntityTooLarge', 'The request is too large.', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};
