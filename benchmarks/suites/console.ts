import { openLifeWorld } from '../harness/life.ts';
import { countRounds, measureOf, measureRounds, type Suite, type SuiteResult } from '../harness/measure.ts';
import { PROCESSOR } from '../harness/names.ts';
import { openOperator } from '../harness/operator.ts';
import { scope } from '../harness/scope.ts';
import { anEvent } from '../harness/test-bed.ts';

/** Rows of a page, the default size. */
const ROWS = 50;

/** Pages per round. */
const PAGES = 40;
const WARM_UP = 40;

/** Requests for each page and round. */
const SCREENS_AT_A_TIME = 10;

/** A cold start is quick and varies, so each round has several. */
const PROCESSES_PER_ROUND = 3;

const INLINE_LIMIT_BYTES = 4_096;

const CONTENDERS = {
  console: 'the page of 50 tasks, as HTML',
  'operator-api': 'the same list of the operator API, as JSON',
} as const;
type Name = keyof typeof CONTENDERS;

/** Screens of the console. */
const SCREENS: Readonly<Record<string, string>> = {
  Overview: '/console',
  Tasks: '/console/tasks',
  'a task': '/console/tasks/{taskId}',
  Quarantine: '/console/quarantine',
  Replays: '/console/replays',
  Processors: '/console/processors',
  'a processor': `/console/processors/${PROCESSOR}`,
  'Dead letters': '/console/dead-letters',
  Keys: '/console/keys',
  Audit: '/console/audit',
  'an action': '/console/tasks/{taskId}/cancel',
};

/** A page of the console, beside the same list of the operator API: the difference is what the page itself costs. */
export const consolePages: Suite = async ({ amount, rounds }, defer) => {
  const operator = await openOperator(defer);
  const world = await openLifeWorld(defer, INLINE_LIMIT_BYTES, operator.variables);
  const [callback] = await world.bed.callbacks(ROWS);
  const taskId = callback?.task.taskId ?? '';
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
  const screens = Object.entries(SCREENS).map(([name, path]) => ({ name, path: path.replace('{taskId}', taskId) }));
  const sizes: Record<string, readonly number[]> = {};
  for (const { name, path } of screens) {
    const { answer } = await world.measure('console', operator.open(path));
    sizes[name] = [Buffer.byteLength(answer.body) / 1_024];
  }
  const shown = await measureRounds(screens, rounds, async ({ path }) => {
    const events = Array.from({ length: amount(SCREENS_AT_A_TIME) }, () => operator.open(path));
    const { cpuMicroseconds, medianMilliseconds } = await world.process('console').work({ events, concurrency: 1 });
    return { cpu: cpuMicroseconds / 1_000, latency: medianMilliseconds };
  });
  const pages: SuiteResult = {
    title: 'Every page of the console',
    method: `The same tables, ${SCREENS_AT_A_TIME} requests per page and round, ${countRounds(rounds)}, pages in turn.`,
    contenders: Object.fromEntries(screens.map(({ name, path }) => [name, `\`${path.replace(taskId, '{taskId}')}\``])),
    measures: [
      measureOf('time on the server', 'ms', shown.latency, null),
      measureOf('CPU time', 'ms', shown.cpu, null),
      measureOf('response', 'KiB', sizes, null),
    ],
  };
  const page: SuiteResult = {
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
  return [page, pages];
};
