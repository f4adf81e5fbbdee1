import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Counts, upgradeTable } from './upgrade-table.ts';

const PACE = { min: 10, default: 50, max: 1_000 };
const SECONDS_BETWEEN_LINES = 10;

const HELP = `npm run upgrade-tasks -- --table NAME [--pace TASKS] [--dry-run]

Gives every task of an earlier version the attributes of the application "default", so that lists show it. It may run while the
gateway works, and several times: a task that has an application is left as it is.

  --table NAME   name of the tasks table: output TasksTableName of the State stack
  --pace TASKS   tasks per second, a multiple of 10 from ${PACE.min} to ${PACE.max}; ${PACE.default} by default
  --dry-run      only counts the tasks
  --help         prints this text

Needs the Region (AWS_REGION) and credentials of a role in "dataOperators" that may scan and update the table and use its key.

Exit 0: every task has an application; 1: other requests changed some tasks at every attempt, run it again;
2: it stopped, the message says why.`;

class WrongUse extends Error {}

const readOptions = () => {
  const { values } = parseArgs({
    options: {
      table: { type: 'string' },
      pace: { type: 'string', default: `${PACE.default}` },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const pace = Number(values.pace);
  if (values.help) return undefined;
  if (!values.table) throw new WrongUse('--table is missing; expected the name of the tasks table.');
  if (!Number.isInteger(pace / 10) || pace < PACE.min || pace > PACE.max) {
    throw new WrongUse(`--pace is ${values.pace}; expected a multiple of 10 from ${PACE.min} to ${PACE.max}.`);
  }
  return { table: values.table, pace, dryRun: values['dry-run'] };
};

const textOf = ({ busy, found, settled, upgraded }: Counts): string =>
  `${found} found without an application, ${upgraded} upgraded, ${settled} deleted or upgraded by another run, ${busy} busy`;

const main = async (): Promise<void> => {
  const options = readOptions();
  if (options === undefined) return console.log(HELP);
  // The pace limits the load, so a throttled request is tried again many times.
  const client = new DynamoDBClient({ maxAttempts: 10 });
  let told = Date.now();
  const counts = await upgradeTable({
    ...options,
    client,
    now: Date.now,
    wait,
    onProgress: (soFar) => {
      if (Date.now() - told < SECONDS_BETWEEN_LINES * 1_000) return;
      told = Date.now();
      console.log(textOf(soFar));
    },
  });
  console.log(`Done: ${textOf(counts)}.`);
  if (counts.busy > 0) process.exitCode = 1;
};

await main().catch((error: unknown) => {
  const { message } = error as Error;
  console.error(
    error instanceof WrongUse
      ? `${message}\n\n${HELP}`
      : `${message}\nRun it again. It continues with the remaining tasks.`,
  );
  process.exitCode = 2;
});
