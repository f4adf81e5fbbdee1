import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, inject } from 'vitest';
import { type Engine, type EngineOptions, startEngine } from '../../../local/dynamodb/engine.ts';
import { ensureTable } from '../../../local/dynamodb/tables.ts';
import { aTasksTable, LOCAL_CLIENT } from '../../support/engine.ts';
import { test as base } from '../../support/fixtures.ts';

const OWNER = fileURLToPath(new URL('../../support/engine-owner.ts', import.meta.url));

/** The kind of engine that this test run uses. */
const kind = (): EngineOptions => {
  const engine = inject('engine');
  return engine !== undefined && 'name' in engine && (engine.name === 'native' || engine.name === 'jar')
    ? { prefer: engine.name }
    : {};
};
const connect = (endpoint: string) => new DynamoDBClient({ ...LOCAL_CLIENT, endpoint, maxAttempts: 1 });
const answers = (endpoint: string) =>
  fetch(endpoint).then(
    () => true,
    () => false,
  );

const table = aTasksTable();
const tableName = String(table.properties.TableName);
const write = async (endpoint: string, taskId: string) => {
  const client = connect(endpoint);
  await ensureTable(client, table);
  await client.send(new PutItemCommand({ TableName: tableName, Item: { taskId: { S: taskId } } }));
  client.destroy();
};
const read = async (endpoint: string, taskId: string) => {
  const client = connect(endpoint);
  const { Item } = await client.send(new GetItemCommand({ TableName: tableName, Key: { taskId: { S: taskId } } }));
  client.destroy();
  return Item;
};

const test = base
  .extend('engines', ({ ownFolder: _ }, { onCleanup }) => {
    const engines: Engine[] = [];
    onCleanup(async () => {
      await Promise.all(engines.map((engine) => engine.stop()));
    });
    return engines;
  })
  .extend('owners', ({ engines: _ }, { onCleanup }) => {
    const owners: ChildProcess[] = [];
    onCleanup(() => {
      for (const owner of owners) owner.kill('SIGKILL');
    });
    return owners;
  })
  .extend('start', ({ engines, ownFolder }) => async (options: EngineOptions = {}): Promise<Engine> => {
    const engine = await startEngine({ ...kind(), dataDirectory: ownFolder, ...options });
    engines.push(engine);
    return engine;
  })
  /** Starts the engine on the folder from another process, which reports the endpoint. */
  .extend('startOwner', ({ ownFolder, owners }) => async (): Promise<{ owner: ChildProcess; endpoint: string }> => {
    const owner = fork(OWNER, [ownFolder, kind().prefer ?? ''], { execArgv: ['--import', 'tsx'] });
    owners.push(owner);
    const [endpoint] = await once(owner, 'message');
    return { owner, endpoint: String(endpoint) };
  });

describe('the engine', () => {
  // The jar takes seconds for each of its starts.
  const timeout = 90_000;

  test('keeps its data when it is stopped, and when its owner is killed with SIGKILL', { timeout }, async ({
    start,
    startOwner,
  }) => {
    const { owner, endpoint } = await startOwner();
    await write(endpoint, 'killed');
    owner.kill('SIGKILL');

    // At once: the engine of the killed owner may still be ending.
    const second = await start();
    expect(await read(second.endpoint, 'killed')).toEqual({ taskId: { S: 'killed' } });
    expect(await answers(endpoint)).toBe(false);
    await write(second.endpoint, 'stopped');
    await second.stop();
    await second.stop();
    expect(await answers(second.endpoint)).toBe(false);

    const third = await start();
    expect(await read(third.endpoint, 'killed')).toEqual({ taskId: { S: 'killed' } });
    expect(await read(third.endpoint, 'stopped')).toEqual({ taskId: { S: 'stopped' } });
  });

  test('refuses a folder that another process has, by name', { timeout }, async ({ ownFolder, start, startOwner }) => {
    await startOwner();
    await expect(start()).rejects.toThrow(
      new RegExp(
        `^The data folder ${ownFolder}/\\w+ is in use by process \\d+ .*: stop that process, or use another folder`,
      ),
    );
  });
});

describe('which engine', () => {
  test('an unknown name is refused with what was expected', async () => {
    await expect(startEngine({ environment: { POSTERN_DYNAMODB_ENGINE: 'sqlite' } })).rejects.toThrow(
      'POSTERN_DYNAMODB_ENGINE is "sqlite"; expected native or jar, or leave it unset.',
    );
  });

  test('without Java the jar is refused by name, with what to do', async () => {
    await expect(
      startEngine({ environment: { POSTERN_DYNAMODB_ENGINE: 'jar', JAVA_HOME: '/nowhere' } }),
    ).rejects.toThrow('DynamoDB Local needs Java 17 or later: "/nowhere/bin/java" does not run.');
  });
});
