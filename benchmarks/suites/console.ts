import { openLifeWorld } from '../harness/life.ts';
import { countRounds, measureOf, measureRounds, type Suite } from '../harness/measure.ts';
import { openOperator } from '../harness/operator.ts';
import { scope } from '../harness/scope.ts';
import { anEvent } from '../harness/test-bed.ts';

/** Rows of a page, the default size. */
const ROWS = 50;

/** Pages per round. */
const PAGES = 40;
const WARM_UP = 40;

/** A cold start is quick and varies, so each round has several. */
const PROCESSES_PER_ROUND = 3;

const INLINE_LIMIT_BYTES = 4_096;

const CONTENDERS = {
  console: 'the page of 50 tasks, as HTML',
  'operator-api': 'the same list of the operator API, as JSON',
} as const;
type Name = keyof typeof CONTENDERS;

/** A page of the console, beside the same list of the operator API: the difference is what the page itself costs. */
export const consolePages: Suite = async ({ amount, rounds }, defer) => {
  const operator = await openOperator(defer);
  const world = await openLifeWorld(defer, INLINE_LIMIT_BYTES, operator.variables);
  await world.bed.callbacks(ROWS);
  const token = await world.sender.accessToken({ scope: 'operator_read', roles: ['operator'] });
  const events: Readonly<Record<Name, object>> = {
    console: operator.open('/console/tasks'),
    'operator-api': anEvent('/v1/operator/tasks', token, { httpMethod: 'GET', body: '' }),
  };
  const work = (name: Name, count: number) => ({
    events: Array.from({ length: count }, () => events[name]),
    concurrency: 1,
  });
  const names = Object.keys(CONTENDERS) as readonly Name[];
  const bytes: Record<string, readonly number[]> = {};
  for (const name of names) {
    const { answer } = await world.measure(name, events[name]);
    bytes[name] = [Buffer.byteLength(answer.body) / 1_024];
    await world.process(name).work(work(name, amount(WARM_UP)));
  }
  const contenders = names.map((name) => ({ name }));
  const warm = await measureRounds(contenders, rounds, async ({ name }) => {
    const { cpuMicroseconds } = await world.process(name).work(work(name, amount(PAGES)));
    return { cpu: cpuMicroseconds / 1_000 };
  });
  const cold = await measureRounds(contenders, rounds * PROCESSES_PER_ROUND, ({ name }) =>
    scope(async (inner) => {
      const process = await world.start(inner, name);
      const { cpuMicroseconds: first } = await process.work(work(name, 1));
      return { both: (process.startMicroseconds + first) / 1_000 };
    }),
  );
  return {
    title: 'A page of the console',
    method: `${ROWS} tasks in the tables, one request at a time, ${PAGES} per contender and round, ${countRounds(rounds)}; ${rounds * PROCESSES_PER_ROUND} new processes of each. Both read the tasks in the same way.`,
    contenders: CONTENDERS,
    compared: 'console',
    measures: [
      measureOf('CPU time of a request', 'ms', warm.cpu, 'console'),
      measureOf('response', 'KiB', bytes, 'console'),
      measureOf('CPU time of a new process until its first response', 'ms', cold.both, 'console'),
    ],
  };
};
