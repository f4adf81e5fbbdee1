import { type KeyObject, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { CallbackTokenClaims } from '../../lambda/contract/claims.ts';
import { createGetPublicKey } from '../../lambda/shared/aws/kms.ts';
import { createKmsCall } from '../../lambda/shared/aws/kms-call.ts';
import { joseFromDer } from '../../lambda/shared/callback-token/ecdsa-signature.ts';
import { mintCallbackToken } from '../../lambda/shared/callback-token/mint.ts';
import { fetchPublicKeys, type PublicKey } from '../../lambda/shared/callback-token/public-keys.ts';
import type { TokenSigner } from '../../lambda/shared/callback-token/signer.ts';
import type { StoredTask } from '../../lambda/shared/tables/complete-task.ts';
import { startEngine } from '../../local/dynamodb/engine.ts';
import { startStandIns } from '../../local/stand-ins/server.ts';
import { startFilledEngine } from './filled-engine.ts';
import { ORIGIN, PROCESSOR } from './names.ts';
import type { Defer } from './scope.ts';
import { createTables, localClient, putSigningKey, putTasks } from './tables.ts';
import { aTask } from './task-fixture.ts';

/** A typical JSON Schema of a processor, and a payload of about 1 KB that satisfies it. */
export const SCHEMA = {
  type: 'object',
  properties: {
    text: { type: 'string' },
    confidence: { type: 'number', minimum: 0, maximum: 1 },
    pages: {
      type: 'array',
      items: { type: 'object', properties: { number: { type: 'integer' } }, required: ['number'] },
    },
  },
  required: ['text', 'confidence'],
  additionalProperties: false,
} as const;
const PAYLOAD = JSON.stringify({
  text: 'Total 42.00 '.repeat(75),
  confidence: 0.98,
  pages: [{ number: 1 }, { number: 2 }],
});

/** An event of the load balancer, the token in it, and its pending task. */
export interface Callback {
  readonly event: object;
  readonly token: string;
  readonly task: StoredTask;
}

/** A DynamoDB engine with tables, and stand-ins for all other services. */
export interface TestBed {
  readonly engine: { readonly endpoint: string; readonly description: string };
  readonly dynamodb: DynamoDBClient;
  readonly publicKey: PublicKey;
  /** The private half of `publicKey`. */
  readonly privateKey: KeyObject;
  /** ARN of the symmetric KMS key. */
  readonly encryptionKeyId: string;
  /** ARN of the KMS key with this public key. */
  readonly kmsKeyId: string;
  /** Key of the console's forms. */
  readonly formKeyId: string;
  /** Environment variables that lead a function to the engine and the stand-ins. */
  environment(dynamodbEndpoint?: string): Record<string, string>;
  /** Makes callbacks without storing their tasks, which is enough for callbacks that are refused before. */
  makeCallbacks(count: number, claims?: Partial<CallbackTokenClaims>): Promise<readonly Callback[]>;
  /** Stores pending tasks. Returns an unused callback of each. */
  callbacks(count: number): Promise<readonly Callback[]>;
  /** Events of such callbacks. */
  events(count: number): Promise<readonly object[]>;
}

const BUS = 'bench';

/** @param rows in the tables @default - empty tables */
export const openTestBed = async (defer: Defer, rows?: number): Promise<TestBed> => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  defer(() => rmSync(folder, { recursive: true }));
  const engine = await (rows === undefined ? startEngine({}) : startFilledEngine(folder, rows));
  defer(() => engine.stop());
  const eventsFile = join(folder, 'events.jsonl');
  const standIns = await startStandIns({ dataDirectory: folder, eventsFile });
  defer(() => standIns.stop());
  const key = standIns.kms.ensureKey({
    logicalId: 'SigningKey',
    type: 'AWS::KMS::Key',
    properties: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
  });
  const codeKey = standIns.kms.ensureKey({
    logicalId: 'CodeKey',
    type: 'AWS::KMS::Key',
    properties: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
  });
  const encryptionKey = standIns.kms.ensureKey({
    logicalId: 'SigningKeyEncryptionKey',
    type: 'AWS::KMS::Key',
    properties: {},
  });
  const formKey = standIns.kms.ensureKey({
    logicalId: 'FormKey',
    type: 'AWS::KMS::Key',
    properties: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
  });
  standIns.buses.add(BUS);
  const environment = (endpoint = engine.endpoint) => ({
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL_KMS: standIns.endpoint,
    CODE_KEY_ID: codeKey.arn,
    EVENT_BUS_NAME: BUS,
    AWS_ENDPOINT_URL_EVENTBRIDGE: standIns.endpoint,
    AWS_ENDPOINT_URL_CLOUDWATCH: standIns.endpoint,
    AWS_ENDPOINT_URL_SQS: standIns.endpoint,
  });
  const dynamodb = localClient(engine.endpoint);
  defer(() => dynamodb.destroy());
  await createTables(dynamodb);
  const [publicKey] = await fetchPublicKeys(createGetPublicKey(createKmsCall({ environment: environment() })), [
    key.arn,
  ]);
  const { privateKey } = key;
  if (publicKey === undefined || privateKey === undefined) throw new Error('The stand-in for KMS has no key.');
  await putSigningKey(dynamodb, publicKey);
  // Signs without KMS, because minting is not measured here.
  const signer: TokenSigner = {
    alg: 'ES256',
    kid: publicKey.kid,
    sign: async (signingInput) => joseFromDer(sign('sha256', signingInput, privateKey), 32),
  };

  const makeCallback = async (claims: Partial<CallbackTokenClaims>) => {
    const [taskId, jti] = [randomId(), randomId()];
    const iat = Math.floor(Date.now() / 1000) - 60;
    const exp = iat + 3_600;
    const path = resultPath(taskId);
    const token = await mintCallbackToken(
      {
        iss: ORIGIN,
        aud: `${ORIGIN}/v1/results`,
        sub: PROCESSOR,
        path,
        res_id: taskId,
        scope: 'result_write',
        roles: ['processor'],
        jti,
        iat,
        nbf: iat,
        exp,
        max_uses: 1,
        ...claims,
      },
      signer,
    );
    return { event: anEvent(path, token), token, task: aTask({ taskId, jti, iat, exp }) };
  };
  const makeCallbacks: TestBed['makeCallbacks'] = (count, claims = {}) =>
    Promise.all(Array.from({ length: count }, () => makeCallback(claims)));
  const callbacks: TestBed['callbacks'] = async (count) => {
    const made = await makeCallbacks(count);
    const tasks = made.map(({ task }) => task);
    await putTasks(dynamodb, tasks);
    return made;
  };

  return {
    engine: { endpoint: engine.endpoint, description: engine.description },
    dynamodb,
    publicKey,
    privateKey,
    encryptionKeyId: encryptionKey.arn,
    kmsKeyId: key.arn,
    formKeyId: formKey.arn,
    environment,
    makeCallbacks,
    callbacks,
    events: async (count) => (await callbacks(count)).map(({ event }) => event),
  };
};

/** 128 random bits, the form of task ids and jtis. */
export const randomId = (): string => randomBytes(16).toString('base64url');

export const resultPath = (taskId: string): string => `/v1/results/${taskId}`;

/** The load balancer's event for a request with a payload of 1 KB. */
export const anEvent = (path: string, token: string | undefined, overrides: object = {}): object => ({
  requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/receive/1' } },
  httpMethod: 'POST',
  path,
  multiValueQueryStringParameters: {},
  multiValueHeaders: {
    host: ['callbacks.example.com'],
    'user-agent': ['processor/1.0'],
    'content-type': ['application/json'],
    'content-length': [`${Buffer.byteLength(PAYLOAD)}`],
    'x-forwarded-for': ['203.0.113.7'],
    'x-forwarded-port': ['443'],
    'x-forwarded-proto': ['https'],
    ...(token !== undefined && { authorization: [`Bearer ${token}`] }),
  },
  body: PAYLOAD,
  isBase64Encoded: false,
  ...overrides,
});
