import { mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PRICES, PRICES_REGION } from '../../cost/prices.ts';
import { startContender, startContenders } from '../harness/contender-process.ts';
import { openDynamoDbProxy } from '../harness/dynamodb-proxy.ts';
import { openKmsProxy } from '../harness/kms-proxy.ts';
import { countRounds, measureOf, measureRounds, type Rounds, type Suite } from '../harness/measure.ts';
import { buildOpeningContenders, OPENING_CONTENDERS, openingVariables, putRotatingKey } from '../harness/opening.ts';
import { scope } from '../harness/scope.ts';
import { openSender } from '../harness/sender.ts';
import { openTestBed } from '../harness/test-bed.ts';

/** Tasks per round and contender. */
const TASKS = 300;
const WARM_UP = 300;
const CONCURRENCY = 16;

/** A cold start is quick and varies, so each round has several. */
const PROCESSES_PER_ROUND = 3;

/** Tasks of the measurement of units and log lines, which are the same in every run. */
const COUNTED_TASKS = 100;

const MILLION = 1e6;
const GIGABYTE = 1e9;

/** What AWS bills for one task. */
interface Bill {
  readonly requests: number;
  readonly units: number;
  readonly signatures: number;
  /** Other requests of KMS. */
  readonly otherKms: number;
  readonly logBytes: number;
}

/** USD for a million tasks: requests and units, without the time of the function and the load balancer. */
const priceOf = ({ logBytes, otherKms, signatures, units }: Bill): number =>
  PRICES.lambdaMillionRequests +
  units * PRICES.dynamodbMillionWriteUnits +
  signatures * PRICES.kmsMillionSignatures +
  otherKms * PRICES.kmsMillionRequests +
  ((logBytes * MILLION) / GIGABYTE) * PRICES.logGigabyte;

/** Tasks from event to response, in warm and in new processes, and what AWS bills for one. */
export const opening: Suite = async ({ amount, rounds }, defer) => {
  const contenders = await buildOpeningContenders();
  const bed = await openTestBed(defer);
  const sender = await openSender(defer);
  const variables = openingVariables(bed, sender);
  await putRotatingKey(bed, variables.POSTERN_ENVIRONMENT ?? '');
  const eventsOf = (count: number) => Array.from({ length: count }, () => sender.event);

  const processOf = await startContenders(defer, contenders, variables);
  const run = (name: string, count: number, concurrency: number) =>
    processOf(name).work({ events: eventsOf(count), concurrency, expected: 201 });
  for (const { name } of contenders) await run(name, amount(WARM_UP), 1);

  const measureWarm = (concurrency: number): Promise<Readonly<Record<string, Rounds>>> =>
    measureRounds(contenders, rounds, async ({ name }) => ({ ...(await run(name, amount(TASKS), concurrency)) }));
  const [alone, together] = [await measureWarm(1), await measureWarm(CONCURRENCY)];

  const starts = rounds * PROCESSES_PER_ROUND;
  const cold = await measureRounds(contenders, starts, async ({ folder }) => {
    const process = await startContender(defer, folder, variables);
    const { medianMilliseconds: first } = await process.work({ events: eventsOf(1), concurrency: 1, expected: 201 });
    await process.stop();
    return { both: process.loadMilliseconds + first };
  });

  const billed = await measureRounds(contenders, 1, ({ folder, name }) =>
    scope(async (inner) => {
      const dynamodb = await openDynamoDbProxy(inner, bed.engine.endpoint);
      const kms = await openKmsProxy(inner, variables.AWS_ENDPOINT_URL_KMS ?? '');
      const logs = mkdtempSync(join(tmpdir(), 'postern-logs-'));
      inner(() => rmSync(logs, { recursive: true }));
      const log = join(logs, `${name}.log`);
      const environment = openingVariables(bed, sender, { dynamodb: dynamodb.endpoint, kms: kms.endpoint });
      const process = await startContender(inner, folder, environment, openSync(log, 'w'));
      // The first task reads the keys. A process opens many.
      await process.work({ events: eventsOf(1), concurrency: 1, expected: 201 });
      dynamodb.consumed();
      kms.consumed();
      const before = statSync(log).size;
      await process.work({ events: eventsOf(COUNTED_TASKS), concurrency: 1, expected: 201 });
      const { requests, units } = dynamodb.consumed();
      const { Sign: signatures = 0, ...others } = kms.consumed();
      const bill: Bill = {
        requests: requests / COUNTED_TASKS,
        units: units / COUNTED_TASKS,
        signatures: signatures / COUNTED_TASKS,
        otherKms: Object.values(others).reduce((sum, count) => sum + count, 0) / COUNTED_TASKS,
        logBytes: (statSync(log).size - before) / COUNTED_TASKS,
      };
      return { ...bill, kms: bill.signatures + bill.otherKms, price: priceOf(bill) };
    }),
  );

  return {
    title: 'A task opened',
    method: `Events of the load balancer with an access token (RS256) and a request for two callbacks, in one process per contender, on ${bed.engine.description}. ${amount(TASKS)} tasks per contender and round, ${countRounds(rounds)}, contenders in turn; ${starts} new processes of each. Units, requests and log lines are counted over ${COUNTED_TASKS} tasks of a process that has opened one. The price has requests and units at list prices of ${PRICES_REGION}, without the time of the function.`,
    contenders: OPENING_CONTENDERS,
    measures: [
      measureOf('CPU time of a task opened, 1 at a time', 'µs', alone.cpuMicroseconds),
      measureOf('median latency, 1 at a time', 'ms', alone.medianMilliseconds),
      measureOf('tasks opened, 16 at a time', '1/s', together.perSecond),
      measureOf('CPU time of a task opened, 16 at a time', 'µs', together.cpuMicroseconds),
      measureOf('load and first task opened', 'ms', cold.both),
      measureOf('requests of DynamoDB', '', billed.requests),
      measureOf('write units', '', billed.units),
      measureOf('requests of KMS', '', billed.kms),
      measureOf('log, bytes', '', billed.logBytes),
      measureOf('a million tasks opened, at prices of the Region', 'USD', billed.price),
    ],
  };
};
