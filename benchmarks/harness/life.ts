import { mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { APPLICATIONS_FILE, type Applications } from '../../lambda/contract/applications.ts';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import { USERINFO_ROLES } from '../../lambda/contract/operator-roles.ts';
import { REGISTRY_FILE } from '../../lambda/contract/registry.ts';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/variables.ts';
import { type Answer, type ContenderProcess, startContender } from './contender-process.ts';
import { bundleFunction, pageFiles, REGISTRY, receiverFiles, variablesFor, writeContenders } from './contenders.ts';
import { type DynamoDbProxy, openDynamoDbProxy } from './dynamodb-proxy.ts';
import { PROCESSOR } from './names.ts';
import { openingFiles, openingVariables, putRotatingKey } from './opening.ts';
import type { Defer } from './scope.ts';
import { openSender, type Sender } from './sender.ts';
import { openTestBed, type TestBed } from './test-bed.ts';

/** What one step of a task's life uses. */
export interface Usage {
  readonly requests: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Bytes of the function's log lines. */
  readonly logBytes: number;
  /** Bytes of the request and of the response, as text of HTTP/1.1. Zero without a load balancer. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface Measured {
  readonly answer: Answer;
  readonly usage: Usage;
  /** Requests and units by operation of DynamoDB. */
  readonly operations: ReturnType<DynamoDbProxy['consumed']>['operations'];
}

/** Functions of a task's life. */
const FUNCTIONS = ['create-task', 'receive', 'tasks', 'publish', 'expire', 'operator-api', 'console'] as const;
export type LifeFunction = (typeof FUNCTIONS)[number];

/** The shipped functions, each in a process, on tables with their indexes. */
export interface LifeWorld {
  readonly bed: TestBed;
  readonly sender: Sender;
  process(name: LifeFunction): ContenderProcess;
  /** Starts one more process of a function, which ends with this scope. */
  start(defer: Defer, name: LifeFunction): Promise<ContenderProcess>;
  /** Sends an event to a function and measures what it uses. @throws {Error} if the status is another one */
  measure(name: LifeFunction, event: object, expected?: number): Promise<Measured>;
  /** The stream record of a task's last change. */
  recordOf(taskId: string): Promise<object>;
}

const RETENTION_SECONDS = 2_592_000;

const APPLICATIONS: Applications = {
  bench: { id: 'bench', clients: null, processors: [PROCESSOR], pendingLimit: null },
};

/**
 * @param inlineLimit bytes up to which a payload is stored on its task
 * @param more variables of the console @default its pages cannot be opened
 */
export const openLifeWorld = async (
  defer: Defer,
  inlineLimit: number,
  more: Readonly<Record<string, string>> = {},
): Promise<LifeWorld> => {
  const bed = await openTestBed(defer);
  const sender = await openSender(defer);
  const proxy = await openDynamoDbProxy(defer, bed.engine.endpoint);
  const opening = openingVariables(bed, sender, { dynamodb: proxy.endpoint });
  await putRotatingKey(bed, opening.POSTERN_ENVIRONMENT ?? '');
  const logs = mkdtempSync(join(tmpdir(), 'postern-logs-'));
  defer(() => rmSync(logs, { recursive: true }));
  const beside = { [REGISTRY_FILE]: JSON.stringify(REGISTRY), [APPLICATIONS_FILE]: JSON.stringify(APPLICATIONS) };
  const folders = writeContenders({
    'create-task': await openingFiles(),
    receive: await receiverFiles(),
    tasks: { 'index.js': await bundleFunction('tasks'), ...beside },
    publish: { 'index.js': await bundleFunction('publish') },
    expire: { 'index.js': await bundleFunction('expire') },
    'operator-api': { 'index.js': await bundleFunction('operator-api'), ...beside },
    console: { 'index.js': await bundleFunction('console'), ...beside, ...(await pageFiles()) },
  });
  const variables = {
    ...opening,
    ...variablesFor(bed, proxy.endpoint),
    IDP_ISSUER: sender.issuer,
    IDP_JWKS_URI: `${sender.issuer}/jwks`,
    ACCESS_TOKEN_PROFILE: opening.ACCESS_TOKEN_PROFILE ?? '',
    AUDIT_TABLE: 'audit',
    AUDIT_RETENTION_SECONDS: `${RETENTION_SECONDS}`,
    OPERATOR_ROLES: JSON.stringify(USERINFO_ROLES),
    DISABLED_ACTIONS: '',
    DEAD_LETTER_QUEUES: '{}',
    SIGNING_KEY_USES: '',
    INDEX_SHARDS: `${INDEX_SHARDS.default}`,
    INLINE_LIMIT_BYTES: `${inlineLimit}`,
    FORM_KEY_ID: bed.formKeyId,
    RUNBOOK_URL: '',
    CONSOLE_SESSION_SECONDS: '28800',
    CONSOLE_IDLE_SECONDS: '1800',
    END_SESSION: '',
    ...more,
  };
  const start = (scope: Defer, name: LifeFunction, output?: number): Promise<ContenderProcess> => {
    const folder = folders.find((each) => each.name === name)?.folder ?? '';
    const unused = Object.fromEntries(Object.keys(ENVIRONMENT_VARIABLES[name]).map((variable) => [variable, 'unused']));
    return startContender(scope, folder, { ...unused, ...variables }, output);
  };
  const processes = new Map<LifeFunction, ContenderProcess>();
  for (const name of FUNCTIONS) processes.set(name, await start(defer, name, openSync(logFile(logs, name), 'w')));
  const processOf = (name: LifeFunction): ContenderProcess => {
    const found = processes.get(name);
    if (found === undefined) throw new Error(`There is no process of ${name}.`);
    return found;
  };
  return {
    bed,
    sender,
    process: processOf,
    start,
    measure: async (name, event, expected = 200) => {
      const before = statSync(logFile(logs, name)).size;
      proxy.consumed();
      const answer = await processOf(name).answer(event);
      if (answer.statusCode !== expected) throw new Error(`${name} answered ${answer.statusCode}: ${answer.body}`);
      const { operations, readUnits, requests, units } = proxy.consumed();
      const isHttp = 'httpMethod' in event;
      const usage: Usage = {
        requests,
        readUnits,
        writeUnits: units - readUnits,
        logBytes: statSync(logFile(logs, name)).size - before,
        bytesIn: isHttp ? requestBytes(event as HttpEvent) : 0,
        bytesOut: isHttp ? responseBytes(answer) : 0,
      };
      return { answer, usage, operations };
    },
    recordOf: async (taskId) => {
      const { Item } = await bed.dynamodb.send(
        new GetItemCommand({ TableName: 'tasks', Key: { taskId: { S: taskId } } }),
      );
      return streamRecord(Item ?? {});
    },
  };
};

const logFile = (folder: string, name: LifeFunction): string => join(folder, `${name}.log`);

/** Lambda encodes bytes as Base64. */
const streamRecord = (item: object): object => ({
  eventName: 'MODIFY',
  eventSource: 'aws:dynamodb',
  eventSourceARN: 'arn:aws:dynamodb:eu-west-1:000000000000:table/tasks/stream/1',
  dynamodb: {
    SequenceNumber: '1',
    StreamViewType: 'NEW_IMAGE',
    NewImage: JSON.parse(
      JSON.stringify(item, (_, value) =>
        value?.type === 'Buffer' || value instanceof Uint8Array
          ? Buffer.from(value.data ?? value).toString('base64')
          : value,
      ),
    ),
  },
});

interface HttpEvent {
  readonly httpMethod: string;
  readonly path: string;
  readonly multiValueHeaders: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}

/** Headers that the load balancer adds on the way to the function. The caller has not sent them. */
const ADDED_HEADER = /^x-forwarded-/;

const headerBytes = (headers: Readonly<Record<string, readonly string[]>>): number =>
  Object.entries(headers)
    .filter(([name]) => !ADDED_HEADER.test(name))
    .reduce((sum, [name, values]) => sum + values.reduce((all, value) => all + name.length + value.length + 4, 0), 0);

const requestBytes = ({ body, httpMethod, multiValueHeaders, path }: HttpEvent): number =>
  `${httpMethod} ${path} HTTP/1.1\r\n\r\n`.length + headerBytes(multiValueHeaders) + Buffer.byteLength(body);

/** The load balancer adds the date, the length, the connection and `Strict-Transport-Security`. */
const ADDED_BYTES = [
  'HTTP/1.1 200 OK\r\n',
  'Date: Mon, 30 Nov 2026 12:00:00 GMT\r\n',
  'Content-Length: 1024\r\n',
  'Connection: keep-alive\r\n',
  'Strict-Transport-Security: max-age=63072000; includeSubDomains\r\n',
  '\r\n',
].join('').length;

const responseBytes = ({ body, isBase64Encoded, multiValueHeaders }: Answer): number =>
  ADDED_BYTES + headerBytes(multiValueHeaders) + Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8');
