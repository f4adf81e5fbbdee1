import { type LifeFunction, openLifeWorld } from '../harness/life.ts';
import { type OpenedTask, payloadOf, requestsOf } from '../harness/life-steps.ts';
import { countRounds, measureOf, measureRounds, type Suite } from '../harness/measure.ts';
import { PROCESSOR } from '../harness/names.ts';
import { scope } from '../harness/scope.ts';
import { RESOURCE } from '../harness/task-fixture.ts';
import { anEvent, resultPath } from '../harness/test-bed.ts';

/** Events per round and function. */
const EVENTS = 200;
const WARM_UP = 300;
const PAYLOAD_BYTES = 1_024;
const INLINE_LIMIT_BYTES = 4_096;

/** A cold start is quick and varies, so each round has several. */
const PROCESSES_PER_ROUND = 3;

const WORK = {
  'create-task': 'opens a task with two callbacks',
  receive: 'takes a result of 1 KiB',
  tasks: 'returns that result to the sender',
  publish: 'publishes one change, as at a low rate',
} as const satisfies Partial<Record<LifeFunction, string>>;
type WorkName = keyof typeof WORK;

/** Processor time of each function that a task needs, in warm and in new processes. The costs use it. */
export const functions: Suite = async ({ amount, rounds }, defer) => {
  const world = await openLifeWorld(defer, INLINE_LIMIT_BYTES);
  const { asSender } = await requestsOf(world);
  const opening = asSender('POST', '/v1/tasks', { processor: PROCESSOR, resource: RESOURCE, expiresIn: 3_600 });
  const body = payloadOf(PAYLOAD_BYTES);
  const callbacks = async (count: number): Promise<readonly object[]> =>
    (await world.bed.callbacks(count)).map(({ task: { taskId }, token }) =>
      anEvent(resultPath(taskId), token, { body }),
    );

  const { answer } = await world.measure('create-task', opening, 201);
  const { callbacks: issued, taskId } = JSON.parse(answer.body) as OpenedTask;
  await world.measure('receive', anEvent(resultPath(taskId), issued.result?.token, { body }));
  const reading = asSender('GET', `/v1/tasks/${taskId}/result`);
  const batch = { Records: [await world.recordOf(taskId)] };
  const repeat = (event: object) => (count: number) => Array.from({ length: count }, () => event);
  const eventsOf: Readonly<Record<WorkName, (count: number) => readonly object[] | Promise<readonly object[]>>> = {
    'create-task': repeat(opening),
    receive: callbacks,
    tasks: repeat(reading),
    publish: repeat(batch),
  };
  const names = Object.keys(WORK) as readonly WorkName[];
  const work = async (name: WorkName, count: number) => ({
    events: await eventsOf[name](count),
    concurrency: 1,
    expected: name === 'create-task' ? 201 : 200,
  });
  for (const name of names) await world.process(name).work(await work(name, amount(WARM_UP)));

  const contenders = names.map((name) => ({ name }));
  const warm = await measureRounds(contenders, rounds, async ({ name }) => {
    const { cpuMicroseconds } = await world.process(name).work(await work(name, amount(EVENTS)));
    return { cpu: cpuMicroseconds };
  });
  const cold = await measureRounds(contenders, rounds * PROCESSES_PER_ROUND, ({ name }) =>
    scope(async (inner) => {
      const process = await world.start(inner, name);
      const { cpuMicroseconds: first } = await process.work(await work(name, 1));
      return { both: (process.startMicroseconds + first) / 1_000 };
    }),
  );
  return {
    title: 'Functions of a task',
    method: `One event at a time, ${EVENTS} per function and round, ${countRounds(rounds)}; ${rounds * PROCESSES_PER_ROUND} new processes of each.`,
    contenders: WORK,
    rows: 'measures',
    measures: [
      measureOf('CPU time of an event', 'µs', warm.cpu, null),
      measureOf('CPU time of a new process until its first response', 'ms', cold.both, null),
    ],
  };
};
