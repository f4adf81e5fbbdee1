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
import type { StoredTask } from '../../lambda/shared/tables/complete-task.ts';
import { type Engine, startEngine } from '../../local/dynamodb/engine.ts';
import { findNative } from '../../local/dynamodb/engine-command.ts';
import { ORIGIN } from './names.ts';
import { TABLES } from './tables.ts';
import { aTask } from './task-fixture.ts';

/** File name of the native engine's database. */
const DATABASE = 'dynamodb.sqlite';

/** One task in ten is pending. The others are closed, and have a used token each. */
const PENDING_ONE_IN = 10;
const HOUR = 3_600;

interface Row {
  readonly tasks: StoredTask;
  readonly jti: JtiItem;
}

/** Tasks with the record of one token each: rows of a gateway that has been in use. */
function* makeRows(tasks: number): Generator<Row> {
  const now = Math.floor(Date.now() / 1000);
  const id = () => randomBytes(16).toString('base64url');
  for (let i = 0; i < tasks; i += 1) {
    const [taskId, jti] = [id(), id()];
    const status = i % PENDING_ONE_IN === 0 ? 'pending' : 'succeeded';
    const task = aTask({ taskId, jti, iat: now - HOUR, exp: now + 24 * HOUR, status });
    yield {
      tasks: task,
      jti: {
        jti: jtiKey(ORIGIN, jti),
        taskId,
        processor: task.processor,
        usedAt: task.changedAt,
        payloadSha256: '0'.repeat(64),
        uses: 1,
        expiresAt: now + HOUR + JTI_RETENTION_AFTER_EXP_SECONDS,
      },
    };
  }
}

/**
 * Starts the native DynamoDB engine with this many rows, half of them tasks and half of them records of tokens. It imports
 * them as an export to S3. Writing a million rows would take many times as long.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
 * @param folder for the data; the caller deletes it
 * @throws {Error} if the native engine is not installed
 */
export const startFilledEngine = async (folder: string, rows: number): Promise<Engine> => {
  const native = findNative(process.env, undefined);
  if ('missing' in native) throw new Error(native.missing);
  const [source, data, schema] = [join(folder, 'export'), join(folder, 'data'), join(folder, 'schema.json')];
  mkdirSync(join(data, native.name), { recursive: true });
  // Templates define a stream in other words than the API. Nothing reads it here.
  const tables = TABLES.map(({ properties }) => ({ Table: { ...properties, StreamSpecification: undefined } }));
  writeFileSync(schema, JSON.stringify(tables));
  for (const table of ['tasks', 'jti'] as const) {
    mkdirSync(join(source, table, 'data'), { recursive: true });
    const lines = Readable.from(makeRows(rows / 2)).map(
      (row: Row) => `${JSON.stringify({ Item: marshall(row[table]) })}\n`,
    );
    await pipeline(lines, createWriteStream(join(source, table, 'data', 'rows.json')));
  }
  const output = join(data, native.name, DATABASE);
  await promisify(execFile)(native.command, ['import', '--source', source, '--schema', schema, '--output', output]);
  rmSync(source, { recursive: true });
  return startEngine({ prefer: 'native', dataDirectory: data });
};
