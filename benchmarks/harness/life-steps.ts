import { CLOCK_TOLERANCE_SECONDS } from '../../lambda/contract/limits.ts';
import type { LifeFunction, LifeWorld, Measured, Usage } from './life.ts';
import { ORIGIN, PROCESSOR } from './names.ts';
import { putTasks } from './tables.ts';
import { aTask, RESOURCE } from './task-fixture.ts';
import { anEvent, randomId, resultPath } from './test-bed.ts';

/** Tasks of one list, and due tasks of one run of `expire`. */
const LISTED = 20;
const DUE = 64;

/** Steps that a task can take, in the order of the table. */
export const STEPS = {
  opened: 'opened with two callbacks',
  openedPublished: 'its opening published',
  progressed: 'progress reported',
  delivered: 'result delivered',
  deliveredPublished: 'its result published',
  resultRead: 'result read by the sender',
  shown: 'shown to the sender',
  listed: `one of ${LISTED} that the sender lists`,
  repeated: 'delivery repeated',
  replayed: 'replay refused',
  reopened: 'reopened by the sender',
  reissued: 'callbacks issued again',
  cancelled: 'cancelled by the sender',
  revoked: 'callbacks revoked by an operator',
  seenByOperator: 'shown to an operator',
  quarantined: 'late delivery kept in quarantine',
  accepted: 'accepted by an operator',
} as const;

/** What a run of `expire` does for a task, and a run without any. */
export const EXPIRY_STEPS = {
  expired: `expired, one of ${DUE} in a run`,
  passed: `one look of \`expire\` at a closed task, one of ${DUE} in a run`,
  idle: 'a run of `expire` that finds none',
} as const;
type ExpiryName = keyof typeof EXPIRY_STEPS;
export type StepName = keyof typeof STEPS;
export type Life = Readonly<Record<StepName, Usage>>;

/** A payload of this size that satisfies the processor's schema. */
export const payloadOf = (bytes: number, note = ''): string => {
  const empty = JSON.stringify({ text: note, confidence: 0.98 });
  return JSON.stringify({ text: note.padEnd(bytes - empty.length + note.length, 'x'), confidence: 0.98 });
};

/** A new deadline: it moves the entry in the index of deadlines. */
const LATER = { expiresIn: 7_200 } as const;

/** Answer to opening a task. */
export interface OpenedTask {
  readonly taskId: string;
  readonly callbacks: Readonly<Record<string, { readonly token: string }>>;
}

/** Requests of senders and operators to one world. */
export const requestsOf = async ({ sender }: LifeWorld) => {
  const senderToken = await sender.accessToken({ scope: 'task_read task_write', roles: ['sender'] });
  const operatorToken = await sender.accessToken({ scope: 'operator_read operator_write', roles: ['operator'] });
  const request = (token: string) => (httpMethod: string, path: string, body?: object) =>
    anEvent(path, token, { httpMethod, body: body === undefined ? '' : JSON.stringify(body) });
  return { asSender: request(senderToken), asOperator: request(operatorToken) };
};

/** Divides what several tasks used together. */
const shareOf = (usage: Usage, count: number): Usage =>
  Object.fromEntries(Object.entries(usage).map(([name, value]) => [name, value / count])) as unknown as Usage;

/**
 * Lives one life of tasks with a result of this size, and measures each step. The first life of a world also reads keys and
 * settings, which a process does once.
 */
export const live = async (world: LifeWorld, bytes: number): Promise<Life> => {
  const { asOperator, asSender } = await requestsOf(world);
  const measured: Partial<Record<StepName, Usage>> = {};
  const step = async (name: StepName, by: LifeFunction, event: object, expected?: number) => {
    const { answer, usage } = await world.measure(by, event, expected);
    measured[name] = usage;
    return answer;
  };
  const open = async (name: StepName): Promise<OpenedTask> => {
    const body = { processor: PROCESSOR, resource: RESOURCE, expiresIn: 3_600 };
    return JSON.parse((await step(name, 'create-task', asSender('POST', '/v1/tasks', body), 201)).body);
  };
  const publish = async (name: StepName, taskId: string) => {
    await step(name, 'publish', { Records: [await world.recordOf(taskId)] });
  };
  const deliver = (token: string | undefined, taskId: string, text = payloadOf(bytes)) =>
    anEvent(resultPath(taskId), token, { body: text });
  const revisionOf = async (taskId: string): Promise<{ revision: number; quarantine: readonly { id: string }[] }> =>
    JSON.parse((await step('seenByOperator', 'operator-api', asOperator('GET', `/v1/operator/tasks/${taskId}`))).body);
  const act = async (name: StepName, taskId: string, path: string) => {
    const { quarantine, revision } = await revisionOf(taskId);
    const action = path.replace('{id}', quarantine[0]?.id ?? '');
    const body = { reason: 'The address was wrong.', revision };
    await step(name, 'operator-api', asOperator('POST', `/v1/operator/tasks/${taskId}/${action}`, body));
  };

  // A result that arrives in time, is published, read, repeated, replayed and undone.
  const first = await open('opened');
  const { taskId } = first;
  await publish('openedPublished', taskId);
  const result = deliver(first.callbacks.result?.token, taskId);
  await step('delivered', 'receive', result);
  await publish('deliveredPublished', taskId);
  await step('resultRead', 'tasks', asSender('GET', `/v1/tasks/${taskId}/result`));
  await step('shown', 'tasks', asSender('GET', `/v1/tasks/${taskId}`));
  await step('repeated', 'receive', result);
  const other = payloadOf(bytes, 'another');
  await step('replayed', 'receive', deliver(first.callbacks.result?.token, taskId, other), 401);
  const reason = 'The result was of another invoice.';
  await step('reopened', 'create-task', asSender('POST', `/v1/tasks/${taskId}/reopen`, { reason, ...LATER }), 201);

  // Pending tasks that change without a result.
  const pending = await open('opened');
  await step('reissued', 'create-task', asSender('POST', `/v1/tasks/${pending.taskId}/callbacks`, LATER), 201);
  await act('revoked', pending.taskId, 'revoke');
  await step('cancelled', 'tasks', asSender('DELETE', `/v1/tasks/${pending.taskId}`));

  for (let i = 0; i < LISTED; i += 1) await open('opened');
  const { usage: list } = await world.measure('tasks', {
    ...asSender('GET', '/v1/tasks'),
    multiValueQueryStringParameters: { limit: [`${LISTED}`] },
  });
  measured.listed = shareOf(list, LISTED);

  await lateDelivery(world, bytes, step, act);
  return { ...measured, progressed: await progress(world) } as Life;
};

type Step = (name: StepName, by: LifeFunction, event: object, expected?: number) => Promise<unknown>;

/** A result whose token and task have expired, which an operator accepts. */
const lateDelivery = async (
  world: LifeWorld,
  bytes: number,
  step: Step,
  act: (name: StepName, taskId: string, path: string) => Promise<void>,
) => {
  const iat = Math.floor(Date.now() / 1000) - 7_200;
  const exp = iat + 3_600;
  const [late] = await world.bed.makeCallbacks(1, { iat, nbf: iat, exp });
  if (late === undefined) throw new Error('There is no late callback.');
  const { taskId } = late.task;
  await putTasks(world.bed.dynamodb, [aTask({ taskId, jti: late.task.callbacks.result?.jti ?? '', iat, exp })]);
  await step('quarantined', 'receive', anEvent(resultPath(taskId), late.token, { body: payloadOf(bytes) }), 401);
  await act('accepted', taskId, 'quarantine/{id}/accept');
};

/** Progress on a task that has not had any. */
const progress = async ({ bed, measure }: LifeWorld): Promise<Usage> => {
  const iat = Math.floor(Date.now() / 1000) - 60;
  const exp = iat + 3_600;
  const [taskId, jti] = [randomId(), randomId()];
  const path = `/v1/progress/${taskId}`;
  const claims = { aud: `${ORIGIN}/v1/progress`, path, res_id: taskId, scope: 'progress_write', max_uses: 5 } as const;
  const [callback] = await bed.makeCallbacks(1, { ...claims, iat, nbf: iat, exp, jti });
  const task = aTask({ taskId, jti: randomId(), iat, exp });
  await putTasks(bed.dynamodb, [{ ...task, callbacks: { ...task.callbacks, progress: { jti, maxUses: 5 } } }]);
  const body = JSON.stringify({ percent: 40, note: 'page 2 of 5' });
  return (await measure('receive', anEvent(path, callback?.token, { body }))).usage;
};

/** What runs of `expire` use. Once for each world: a run looks again at what the last runs have seen. */
export const measureExpiry = async ({ bed, measure }: LifeWorld): Promise<Readonly<Record<ExpiryName, Usage>>> => {
  const run = () => measure('expire', {});
  // The first run of an environment looks at every task that is due.
  await run();
  const idle = await run();
  const now = Math.floor(Date.now() / 1000);
  await putTasks(
    bed.dynamodb,
    Array.from({ length: DUE }, () =>
      aTask({ taskId: randomId(), jti: randomId(), iat: now - 3_600, exp: now - CLOCK_TOLERANCE_SECONDS - 1 }),
    ),
  );
  const expiring = await run();
  // The same tasks are within the time that a run looks back. They are closed now.
  const passing = await run();
  return {
    idle: idle.usage,
    expired: perTask(expiring, ['BatchGetItem', 'UpdateItem']),
    passed: perTask(passing, ['BatchGetItem']),
  };
};

/** Use of one of the due tasks. Queries belong to the run: it makes as many without any task. */
const perTask = ({ operations }: Measured, names: readonly string[]): Usage => {
  const sumOf = (kind: 'requests' | 'units', of: readonly string[]) =>
    of.reduce((sum, name) => sum + (operations[name]?.[kind] ?? 0), 0) / DUE;
  return {
    requests: sumOf('requests', names),
    readUnits: sumOf(
      'units',
      names.filter((name) => name === 'BatchGetItem'),
    ),
    writeUnits: sumOf(
      'units',
      names.filter((name) => name === 'UpdateItem'),
    ),
    logBytes: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
};
