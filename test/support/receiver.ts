import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Capability, callbackPath } from '../../lambda/contract/capabilities.ts';
import { CLOCK_TOLERANCE_SECONDS } from '../../lambda/contract/limits.ts';
import type { Registry } from '../../lambda/contract/registry.ts';
import { jtiKey } from '../../lambda/contract/tables.ts';
import type { JtiItem, TaskItem } from '../../lambda/contract/task.ts';
import { serve } from '../../lambda/http/serve.ts';
import { createJournal } from '../../lambda/observe/journal.ts';
import { createDynamoDBStore } from '../../lambda/receive/dynamodb-store.ts';
import { measureCallback } from '../../lambda/receive/ending.ts';
import { createReceiver } from '../../lambda/receive/receive-callback.ts';
import type { CompiledSchema, Schemas } from '../../lambda/receive/schema.ts';
import { createTokenVerifier } from '../../lambda/token/verify.ts';
import { anAlbEvent, type EventOverrides } from './alb-event.ts';
import { type Delivered, read } from './delivered.ts';
import type { TestStore } from './engine.ts';
import { REGISTRY } from './registry.ts';
import { aJti, aToken, claimsOf, NOW, ORIGIN, type SigningKey } from './tokens.ts';

export interface ReceiverFixture {
  /** Delivers a callback as the load balancer hands it over. */
  deliver(event: EventOverrides): Promise<Delivered>;
  /** Invokes with whatever is given. */
  invoke(event: unknown): Promise<Delivered>;
  /** Every line written so far. */
  readonly lines: Record<string, unknown>[];
  /** Values counted so far: `CallbackAccepted`, `CallbackAccepted/acme-ocr`, … */
  counts(): Record<string, number>;
  /** Sets the clock, in seconds since 1970. */
  at(seconds: number): void;
}

export interface ReceiverFixtureOptions {
  readonly store: TestStore;
  readonly keys: readonly SigningKey[];
  readonly registry?: Registry;
  /** The client's endpoint, where it is not the engine itself. */
  readonly endpoint?: string;
}

/** The receiver as its handler composes it, on a real engine, with a clock that stands still. */
export const aReceiver = ({ store, keys, registry = REGISTRY, endpoint }: ReceiverFixtureOptions): ReceiverFixture => {
  let now = NOW;
  const lines: Record<string, unknown>[] = [];
  const journal = createJournal(
    'test',
    'receive',
    (line) => lines.push(JSON.parse(line)),
    () => now * 1000,
  );
  const known = new Map(keys.map(({ publicKey }) => [publicKey.kid, publicKey]));
  const receive = createReceiver({
    registry,
    verifier: createTokenVerifier({ origin: ORIGIN, registry, keys: async () => known }),
    store: createDynamoDBStore({
      client: endpoint === undefined ? store.client : store.connect({ endpoint }),
      tasksTable: store.tasksTable,
      jtiTable: store.jtiTable,
      wait,
      random: Math.random,
    }),
    schemas: () => compileSchemas(registry),
    journal,
    now: () => now * 1000,
  });
  const handler = serve({ owner: 'receive', origin: ORIGIN, journal, handle: receive, measure: measureCallback });
  const invoke = async (event: unknown) => read(await handler(event, { awsRequestId: randomUUID() }));
  return {
    invoke,
    deliver: (event) => invoke(anAlbEvent(event)),
    lines,
    counts: () => countsOf(lines),
    at: (seconds) => {
      now = seconds;
    },
  };
};

const compileSchemas = (registry: Registry): Schemas =>
  Object.fromEntries(
    Object.values(registry).flatMap(({ id, schema }) =>
      schema === undefined ? [] : [[id, new Ajv2020().compile(schema) as CompiledSchema]],
    ),
  );

/** Sums embedded metrics by name, and by name and second dimension. */
export const countsOf = (lines: readonly Record<string, unknown>[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const line of lines) {
    const directives = (line._aws as { CloudWatchMetrics: EmbeddedDirective[] } | undefined)?.CloudWatchMetrics ?? [];
    for (const { Dimensions, Metrics } of directives) {
      for (const { Name } of Metrics) {
        for (const set of Dimensions) {
          const key = [Name, ...set.slice(1).map((dimension) => line[dimension])].join('/');
          counts[key] = (counts[key] ?? 0) + (line[Name] as number);
        }
      }
    }
  }
  return counts;
};

interface EmbeddedDirective {
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
}

/** A pending task with a token for each capability, put the way `open` puts it. */
export const putTask = async (
  store: TestStore,
  key: SigningKey,
  overrides: Partial<TaskItem> = {},
  claims: Record<string, unknown> = {},
): Promise<OpenTask> => {
  const taskId = overrides.taskId ?? `task-${randomUUID()}`;
  const processor = overrides.processor ?? 'acme-ocr';
  const jtis = { result: aJti(), failure: aJti() };
  const exp = NOW + 3_600;
  const item: TaskItem = {
    taskId,
    status: 'pending',
    processor,
    resource: 'invoice-77',
    openedBy: 'local-sender',
    carrier: 'path',
    createdAt: new Date(NOW * 1000).toISOString(),
    expiresAt: new Date(exp * 1000).toISOString(),
    deadline: exp + CLOCK_TOLERANCE_SECONDS,
    callbacks: { result: { jti: jtis.result, maxUses: 1 }, failure: { jti: jtis.failure, maxUses: 1 } },
    history: [{ at: new Date(NOW * 1000).toISOString(), status: 'pending' }],
    sequence: 1,
    change: 'opened',
    changedAt: new Date(NOW * 1000).toISOString(),
    purgeAt: exp + 86_400,
    ...overrides,
  };
  await store.client.send(
    new PutItemCommand({ TableName: store.tasksTable, Item: marshall(item, { removeUndefinedValues: true }) }),
  );
  const tokenOf = (capability: Capability) =>
    aToken(key, claimsOf({ sub: processor, jti: jtis[capability], ...claims }, capability, taskId));
  const [result, failure] = await Promise.all([tokenOf('result'), tokenOf('failure')]);
  return { taskId, jtis, tokens: { result, failure }, path: (capability) => callbackPath(capability, taskId) };
};

export interface OpenTask {
  readonly taskId: string;
  readonly jtis: Readonly<Record<Capability, string>>;
  readonly tokens: Readonly<Record<Capability, string>>;
  path(capability: Capability): string;
}

export const readTask = async (store: TestStore, taskId: string): Promise<TaskItem | undefined> => {
  const { Item } = await store.client.send(
    new GetItemCommand({ TableName: store.tasksTable, Key: { taskId: { S: taskId } }, ConsistentRead: true }),
  );
  return Item && (unmarshall(Item) as TaskItem);
};

export const readUse = async (store: TestStore, jti: string): Promise<JtiItem | undefined> => {
  const { Item } = await store.client.send(
    new GetItemCommand({ TableName: store.jtiTable, Key: { jti: { S: jtiKey(ORIGIN, jti) } }, ConsistentRead: true }),
  );
  return Item && (unmarshall(Item) as JtiItem);
};
