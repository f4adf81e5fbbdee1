import { createHash } from 'node:crypto';
import type { ScenarioContext } from './context.ts';
import { expectThat } from './reporter.ts';

const RESULT = JSON.stringify({ text: 'Invoice 82, total 41.00' });

/** A result that arrives after the sender cancelled its task. */
export const playLateDelivery = async (context: ScenarioContext): Promise<void> => {
  const { ask, deliver, probe, open, processor, report } = context;

  report.step('The sender cancels a task, and its result arrives afterwards');
  const task = await open({ processor, resource: 'invoice-82' });
  const cancelled = await ask(`/v1/tasks/${task.taskId}`, { method: 'DELETE' });
  expectThat(cancelled.status === 200, '200 for the cancelled task', cancelled.status);
  report.layer('tasks', 'cancels the task: from now on no token of the task works');
  const late = await deliver(task.callback('result'), RESULT);
  expectThat(late.status === 401 && late.body.code === 'token_revoked', '401 token_revoked', late);
  report.layer(
    'receive',
    'refuses it, but keeps the payload in quarantine, because signature and payload are valid and the token is unused',
  );
  await probe?.published('Task Quarantined', task.taskId);
  await probe?.counted('CallbackLate');
  const kept = await quarantineOf(context, task.taskId);
  const digest = createHash('sha256').update(RESULT).digest('hex');
  expectThat(kept.length === 1 && kept[0]?.sha256 === digest, 'the late delivery in quarantine', kept);
  report.outcome('401 token_revoked and the event "Task Quarantined": no work of a processor is lost silently.');

  const id = kept[0].id;
  const accepted = await ask(`/v1/tasks/${task.taskId}/quarantine/${id}/accept`, { method: 'POST' });
  expectThat(accepted.status === 409, '409 for a cancelled task', accepted.status);
  const discarded = await ask(`/v1/tasks/${task.taskId}/quarantine/${id}`, { method: 'DELETE' });
  expectThat(discarded.status === 204, '204 for the discarded delivery', discarded.status);
  expectThat((await quarantineOf(context, task.taskId)).length === 0, 'an empty quarantine', id);
  report.layer(
    'tasks',
    'lists the delivery; the sender may accept one of an expired task, but this task was cancelled',
  );
  report.outcome('409 for accepting it, 204 for discarding it.');
};

interface Quarantined {
  readonly id: string;
  readonly sha256: string;
}

const quarantineOf = async ({ ask }: ScenarioContext, taskId: string): Promise<readonly Quarantined[]> => {
  const listed = await ask(`/v1/tasks/${taskId}/quarantine`);
  expectThat(listed.status === 200, 'the list of late deliveries', listed.status);
  return ((await listed.json()) as { quarantine: readonly Quarantined[] }).quarantine;
};
