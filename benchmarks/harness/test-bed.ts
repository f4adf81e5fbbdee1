import { randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchWriteItemCommand, CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { CallbackTokenClaims } from '../../lambda/contract/claims.ts';
import type { TaskItem } from '../../lambda/contract/task.ts';
import { createGetPublicKey } from '../../lambda/shared/aws/kms.ts';
import { joseFromDer } from '../../lambda/shared/callback-token/ecdsa-signature.ts';
import { mintCallbackToken } from '../../lambda/shared/callback-token/mint.ts';
import { fetchPublicKeys, type PublicKey } from '../../lambda/shared/callback-token/public-keys.ts';
import type { TokenSigner } from '../../lambda/shared/callback-token/signer.ts';
import { startEngine } from '../../local/dynamodb/engine.ts';
import { startStandIns } from '../../local/stand-ins/server.ts';
import { ORIGIN, PROCESSOR } from './names.ts';
import { startGrownEngine } from './seeded-engine.ts';
import { INDEXED_TABLES, PLAIN_TABLES } from './tables.ts';
import { aTask } from './task-fixture.ts';

/** A JSON Schema as a processor would have it, and a payload of about 1 KB that satisfies it. */
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
export const PAYLOAD = JSON.stringify({
  text: 'Total 42.00 '.repeat(75),
  confidence: 0.98,
  pages: [{ number: 1 }, { number: 2 }],
});

/** An event of the load balancer, and the token in it. */
export interface Callback {
  readonly event: object;
  readonly token: string;
  readonly taskId: string;
}

export interface World {
  /** Of the DynamoDB engine. */
  readonly engine: { readonly endpoint: string; readonly description: string };
  readonly dynamodb: DynamoDBClient;
  readonly publicKey: PublicKey;
  /** Endpoint of the stand-ins for every other service. */
  readonly services: string;
  /** Every event that was published, one JSON a line. */
  readonly eventsFile: string;
  /** Environment variables of a function, with what leads to engine and stand-ins. */
  environment(dynamodbEndpoint?: string): Record<string, string>;
  /** So many pending tasks, each with a callback that was never used. */
  callbacks(count: number, claims?: Partial<CallbackTokenClaims>): Promise<readonly Callback[]>;
  close(): Promise<void>;
}

const BUS = 'benchmarks';

/** Most writes of one BatchWriteItem. */
const BATCH = 25;

export interface WorldOptions {
  /** Rows that are there already, in tables with their indexes. @default - empty tables without indexes */
  readonly rows?: number;
  /** Whether the tables have their indexes, where there are no rows. @default false */
  readonly indexed?: boolean;
}

/** A DynamoDB engine, a stand-in for KMS with a signing key, and tables. */
export const openWorld = async ({ indexed = false, rows }: WorldOptions = {}): Promise<World> => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  const engine = await (rows === undefined ? startEngine({}) : startGrownEngine(folder, rows));
  const eventsFile = join(folder, 'events.jsonl');
  const standIns = await startStandIns({ dataDirectory: folder, eventsFile });
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
  standIns.buses.add(BUS);
  const environment = (endpoint = engine.endpoint) => ({
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL_KMS: standIns.endpoint,
    SIGNING_KEY_IDS: key.arn,
    CODE_KEY_ID: codeKey.arn,
    EVENT_BUS_NAME: BUS,
    AWS_ENDPOINT_URL_EVENTBRIDGE: standIns.endpoint,
  });
  const dynamodb = new DynamoDBClient({
    region: 'eu-west-1',
    endpoint: engine.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  if (rows === undefined) {
    for (const table of indexed ? INDEXED_TABLES : PLAIN_TABLES) await dynamodb.send(new CreateTableCommand(table));
  }
  const [publicKey] = await fetchPublicKeys(createGetPublicKey({ environment: environment() }), [key.arn]);
  const { privateKey } = key;
  if (publicKey === undefined || privateKey === undefined) throw new Error('The stand-in has no key.');
  // Straight by the key: what minting costs is not measured here.
  const signer: TokenSigner = {
    alg: 'ES256',
    kid: publicKey.kid,
    sign: async (signingInput) => joseFromDer(sign('sha256', signingInput, privateKey), 32),
  };

  const callback = async (claims: Partial<CallbackTokenClaims>): Promise<{ task: TaskItem; callback: Callback }> => {
    const taskId = randomBytes(16).toString('base64url');
    const jti = randomBytes(16).toString('base64url');
    const iat = Math.floor(Date.now() / 1000) - 60;
    const exp = iat + 3_600;
    const path = `/v1/results/${taskId}`;
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
    const task = aTask({ taskId, jti, iat, exp });
    return { task, callback: { event: anEvent(path, token), token, taskId } };
  };

  return {
    engine: { endpoint: engine.endpoint, description: engine.description },
    dynamodb,
    publicKey,
    services: standIns.endpoint,
    eventsFile,
    environment,
    callbacks: async (count, claims = {}) => {
      const made = await Promise.all(Array.from({ length: count }, () => callback(claims)));
      for (let start = 0; start < made.length; start += BATCH) {
        const puts = made.slice(start, start + BATCH).map(({ task }) => ({ PutRequest: { Item: marshall(task) } }));
        await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { tasks: puts } }));
      }
      return made.map(({ callback }) => callback);
    },
    close: async () => {
      dynamodb.destroy();
      await engine.stop();
      await standIns.stop();
      rmSync(folder, { recursive: true });
    },
  };
};

/** What the load balancer makes of a callback. */
export const anEvent = (path: string, token: string | undefined, more: object = {}): object => ({
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
  ...more,
});
