import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { JTI_RETENTION_AFTER_EXP_SECONDS } from '../../lambda/contract/limits.ts';
import { jtiKey } from '../../lambda/contract/tables.ts';
import type { JtiItem } from '../../lambda/contract/task.ts';
import { type Engine, startEngine } from '../../local/dynamodb/engine.ts';
import { type Command, findNative } from '../../local/dynamodb/engine-command.ts';
import { ORIGIN } from './names.ts';
import { INDEXED_TABLES } from './tables.ts';
import { aTask } from './task-fixture.ts';

/** Of the native engine, in its folder. */
const DATABASE = 'dynamodb.sqlite';

/** Most writes of one BatchWriteItem, and requests at a time. */
const BATCH = 25;
const WRITERS = 8;

/** One task in so many waits for its callback still; the others are done and have a used token each. */
const PENDING_ONE_IN = 10;
const HOUR = 3_600;

/** Of each table. */
type Rows = Readonly<Record<'tasks' | 'jti', readonly Record<string, AttributeValue>[]>>;

/** A task and the record of a token: two rows of a gateway that has been at work for a while. */
const someRows = (pairs: number, first: number): Rows => {
  const now = Math.floor(Date.now() / 1000);
  const made = Array.from({ length: pairs }, (_, i) => {
    const id = () => randomBytes(16).toString('base64url');
    const [taskId, jti] = [id(), id()];
    const closed = (first + i) % PENDING_ONE_IN !== 0;
    const task = aTask({
      taskId,
      jti,
      iat: now - HOUR,
      exp: now + 24 * HOUR,
      status: closed ? 'succeeded' : 'pending',
    });
    const record: JtiItem = {
      jti: jtiKey(ORIGIN, jti),
      taskId,
      processor: task.processor,
      usedAt: task.changedAt,
      payloadSha256: '0'.repeat(64),
      uses: 1,
      expiresAt: now + HOUR + JTI_RETENTION_AFTER_EXP_SECONDS,
    };
    return { task: marshall(task), record: marshall(record) };
  });
  return { tasks: made.map(({ task }) => task), jti: made.map(({ record }) => record) };
};

const CHUNK = 1_000;

/** So many rows, half of them tasks and half of them jtis, in pieces that fit into memory. */
function* chunks(rows: number): Generator<Rows> {
  for (let first = 0; first < rows / 2; first += CHUNK) yield someRows(Math.min(CHUNK, rows / 2 - first), first);
}

/**
 * A DynamoDB engine that has so many rows already, and tables with their indexes. The native engine imports them, 10⁶ in
 * minutes; another one is given them in batches, which takes many times as long.
 * @param folder for its data, and gone with it
 */
export const startGrownEngine = async (folder: string, rows: number): Promise<Engine> => {
  const native = findNative(process.env, undefined);
  return 'command' in native ? importRows(native, folder, rows) : putRows(await startEngine({}), rows);
};

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html */
const importRows = async (native: Command, folder: string, rows: number): Promise<Engine> => {
  const [source, data] = [join(folder, 'export'), join(folder, 'data')];
  const schema = join(folder, 'schema.json');
  for (const name of ['tasks', 'jti']) mkdirSync(join(source, name, 'data'), { recursive: true });
  mkdirSync(join(data, native.name), { recursive: true });
  writeFileSync(schema, JSON.stringify(INDEXED_TABLES.map((Table) => ({ Table }))));
  for (const name of ['tasks', 'jti'] as const) {
    const lines = Readable.from(chunks(rows)).map((chunk: Rows) =>
      chunk[name].map((Item) => `${JSON.stringify({ Item })}\n`).join(''),
    );
    await pipeline(lines, createWriteStream(join(source, name, 'data', 'rows.json')));
  }
  const output = join(data, native.name, DATABASE);
  await promisify(execFile)(native.command, ['import', '--source', source, '--schema', schema, '--output', output]);
  rmSync(source, { recursive: true });
  return startEngine({ prefer: 'native', dataDirectory: data });
};

const putRows = async (engine: Engine, rows: number): Promise<Engine> => {
  const client = new DynamoDBClient({
    region: 'eu-west-1',
    endpoint: engine.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  for (const table of INDEXED_TABLES) await client.send(new CreateTableCommand(table));
  for (const chunk of chunks(rows)) {
    const batches = Object.entries(chunk).flatMap(([table, items]) =>
      Array.from({ length: Math.ceil(items.length / BATCH) }, (_, i) => ({
        [table]: items.slice(i * BATCH, (i + 1) * BATCH).map((Item) => ({ PutRequest: { Item } })),
      })),
    );
    const next = batches.values();
    const write = async () => {
      for (const RequestItems of next) await client.send(new BatchWriteItemCommand({ RequestItems }));
    };
    await Promise.all(Array.from({ length: WRITERS }, write));
  }
  client.destroy();
  return engine;
};
