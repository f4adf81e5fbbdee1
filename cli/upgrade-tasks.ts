import { setTimeout as wait } from 'node:timers/promises';
import { CommandError } from './command-error.ts';
import type { Context } from './context.ts';
import { oneLine } from './io.ts';
import { type Counts, type Sdk, type UpgradeOptions, upgradeTable } from './upgrade-table.ts';

const MILLISECONDS_BETWEEN_LINES = 10_000;

/** The pace limits the load, so a throttled request is tried again many times. */
const ATTEMPTS_OF_A_REQUEST = 10;

/**
 * Upgrades the tasks of a table on AWS, and prints what it did.
 * @throws {CommandError} `failed`, with the error of AWS
 */
export const upgradeTasks = async (
  { io, now, signal }: Pick<Context, 'io' | 'now' | 'signal'>,
  options: Pick<UpgradeOptions, 'table' | 'pace' | 'dryRun'>,
): Promise<Counts> => {
  const sdk = await loadSdk();
  const client = new sdk.DynamoDBClient({ maxAttempts: ATTEMPTS_OF_A_REQUEST });
  let told = now();
  try {
    const counts = await upgradeTable({
      ...options,
      sdk,
      client,
      now,
      wait: (milliseconds) => wait(milliseconds, undefined, { signal }),
      onProgress: (soFar) => {
        if (now() - told < MILLISECONDS_BETWEEN_LINES) return;
        told = now();
        io.note(textOf(soFar));
      },
    });
    io.print({ table: options.table, ...counts }, () => `Done: ${textOf(counts)}.`);
    return counts;
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    throw new CommandError(
      'failed',
      `${error.name}: ${oneLine(error.message)}`,
      'Correct it and run the command again. It continues with the remaining tasks.',
    );
  } finally {
    client.destroy();
  }
};

const textOf = ({ busy, found, settled, upgraded }: Counts): string =>
  `${found} found without an application, ${upgraded} upgraded, ${settled} deleted or upgraded by another run, ${busy} busy`;

const loadSdk = async (): Promise<Sdk & typeof import('@aws-sdk/client-dynamodb')> => {
  try {
    const [dynamodb, util] = await Promise.all([import('@aws-sdk/client-dynamodb'), import('@aws-sdk/util-dynamodb')]);
    return { ...dynamodb, ...util };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new CommandError(
      'failed',
      'This command needs two packages of the AWS SDK that are not installed here.',
      'npm install --no-save @aws-sdk/client-dynamodb @aws-sdk/util-dynamodb',
    );
  }
};
