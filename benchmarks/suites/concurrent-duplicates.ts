import { startContender } from '../harness/contender-process.ts';
import { buildCallbackContenders, CALLBACK_CONTENDERS, type Contender, variablesFor } from '../harness/contenders.ts';
import { openDynamoDbProxy } from '../harness/dynamodb-proxy.ts';
import { countRounds, measureOf, measureRounds, type Suite } from '../harness/measure.ts';
import { openTestBed } from '../harness/test-bed.ts';

const DUPLICATES = 50;
const PROCESSES = 2;
/** Delay of every DynamoDB response, so that the callbacks overlap. */
const MILLISECONDS = 5;

/** Responses to identical callbacks at the same time. */
export const concurrentDuplicates: Suite = async ({ rounds }, defer) => {
  const contenders = await buildCallbackContenders();
  const bed = await openTestBed(defer);
  const proxy = await openDynamoDbProxy(defer, bed.engine.endpoint, MILLISECONDS);
  const open = async ({ folder, name }: Contender) => {
    const start = () => startContender(defer, folder, variablesFor(bed, proxy.endpoint));
    const processes = await Promise.all(Array.from({ length: PROCESSES }, start));
    const run = async () => {
      const [event] = await bed.events(1);
      const events = Array.from({ length: DUPLICATES / PROCESSES }, () => event ?? {});
      proxy.consumed();
      const statuses = (await Promise.all(processes.map((process) => process.race(events)))).flat();
      if (!statuses.includes(200)) throw new Error(`${name} accepted none of ${DUPLICATES} callbacks.`);
      const count = (digit: number) => statuses.filter((status) => Math.floor(status / 100) === digit).length;
      return { accepted: count(2), refused: count(4), failed: count(5), requests: proxy.consumed().requests };
    };
    await run();
    return { name, run };
  };
  const runs: Awaited<ReturnType<typeof open>>[] = [];
  for (const contender of contenders) runs.push(await open(contender));
  const measured = await measureRounds(runs, rounds, ({ run }) => run());
  return {
    title: 'The same callback fifty times at once',
    method: `${DUPLICATES} identical callbacks at once in ${PROCESSES} processes of each contender, ${MILLISECONDS} ms per DynamoDB call, ${countRounds(rounds)}, in turn.`,
    contenders: CALLBACK_CONTENDERS,
    measures: [
      measureOf('answered 200: the result is stored', '', measured.accepted, null),
      measureOf('answered 4xx: do not send it again', '', measured.refused, null),
      measureOf('answered 5xx: send it again', '', measured.failed, null),
      measureOf('DynamoDB requests', '', measured.requests, null),
    ],
  };
};
