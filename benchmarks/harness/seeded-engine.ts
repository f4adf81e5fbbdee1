import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { marshall } from '@aws-sdk/util-dynamodb';
import { JTI_RETENTION_AFTER_EXP_SECONDS } from '../../lambda/contract/limits.ts';
import { jtiKey } from '../../lambda/contract/tables.ts';
import type { JtiItem } from '../../lambda/contract/task.ts';
import { type Engine, startEngine } from '../../local/dynamodb/engine.ts';
import { type Command, findNative } from '../../local/dynamodb/engine-command.ts';
import { ORIGIN } from './names.ts';
import { createTables, INDEXED_TABLES, type Item, localClient, putItems } from './table-definitions.ts';
import { aTask } from './task-fixture.ts';

/** File name of the native engine's database. */
const DATABASE = 'dynamodb.sqlite';

/** One task in ten is pending. The others are closed, and have a used token each. */
const PENDING_ONE_IN = 10;
const HOUR = 3_600;

const TABLES = ['tasks', 'jti'] as const;
type Rows = Readonly<Record<(typeof TABLES)[number], readonly Item[]>>;

/** Tasks with the record of one token each: rows of a gateway that has been in use. */
const rowsOf = (pairs: number, first: number): Rows => {
  const now = Math.floor(Date.now() / 1000);
  const id = () => randomBytes(16).toString('base64url');
  const tasks = Array.from({ length: pairs }, (_, i) => {
    const status = (first + i) % PENDING_ONE_IN === 0 ? 'pending' : 'succeeded';
    return aTask({ taskId: id(), jti: id(), iat: now - HOUR, exp: now + 24 * HOUR, status });
  });
  const records = tasks.map(
    ({ callbacks, changedAt, processor, taskId }): JtiItem => ({
      jti: jtiKey(ORIGIN, callbacks.result?.jti ?? ''),
      taskId,
      processor,
      usedAt: changedAt,
      payloadSha256: '0'.repeat(64),
      uses: 1,
      expiresAt: now + HOUR + JTI_RETENTION_AFTER_EXP_SECONDS,
    }),
  );
  return { tasks: tasks.map((task) => marshall(task)), jti: records.map((record) => marshall(record)) };
};

const CHUNK = 1_000;

/** All rows, half of them tasks and half of them jtis, in chunks that fit into memory. */
function* chunksOf(rows: number): Generator<Rows> {
  for (let first = 0; first < rows / 2; first += CHUNK) yield rowsOf(Math.min(CHUNK, rows / 2 - first), first);
}

/**
 * Starts a DynamoDB engine with indexed tables that have this many rows. The native engine imports a million rows in
 * minutes. Another engine gets them in batches, which takes many times as long.
 * @param folder for the data; the caller deletes it
 */
export const startSeededEngine = async (folder: string, rows: number): Promise<Engine> => {
  const native = findNative(process.env, undefined);
  return 'command' in native ? importRows(native, folder, rows) : putRows(await startEngine({}), rows);
};

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html */
const importRows = async (native: Command, folder: string, rows: number): Promise<Engine> => {
  const [source, data] = [join(folder, 'export'), join(folder, 'data')];
  const schema = join(folder, 'schema.json');
  for (const name of TABLES) mkdirSync(join(source, name, 'data'), { recursive: true });
  mkdirSync(join(data, native.name), { recursive: true });
  writeFileSync(schema, JSON.stringify(INDEXED_TABLES.map((Table) => ({ Table }))));
  for (const name of TABLES) {
    const lines = Readable.from(chunksOf(rows)).map((chunk: Rows) =>
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
  const client = localClient(engine.endpoint);
  await createTables(client, true);
  for (const chunk of chunksOf(rows)) {
    for (const name of TABLES) await putItems(client, name, chunk[name]);
  }
  client.destroy();
  return engine;
};
