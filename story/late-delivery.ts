import { createHash } from 'node:crypto';
import { expectThat } from './teller.ts';
import type { World } from './world.ts';

const RESULT = JSON.stringify({ text: 'Invoice 82, total 41.00' });

/** A result that nobody waits for any more. */
export const tellLateDelivery = async (world: World): Promise<void> => {
  const { ask, deliver, onlooker, open, processor, tell } = world;

  tell.step('The sender cancels a task, and its result comes all the same');
  const task = await open({ processor, resource: 'invoice-82' });
  const cancelled = await ask(`/v1/tasks/${task.taskId}`, { method: 'DELETE' });
  expectThat(cancelled.status === 200, '200 for the cancelled task', cancelled.status);
  tell.layer('tasks', 'cancels it: from this moment no token of the task works');
  const late = await deliver(task.callback('result'), RESULT);
  expectThat(late.status === 401 && late.body.code === 'token_revoked', '401 token_revoked', late);
  tell.layer('receive', 'refuses; but signature and payload are good and the token is new: it keeps what came');
  await onlooker?.published('Task Quarantined', task.taskId);
  await onlooker?.counted('CallbackLate');
  const kept = await quarantineOf(world, task.taskId);
  const digest = createHash('sha256').update(RESULT).digest('hex');
  expectThat(kept.length === 1 && kept[0]?.sha256 === digest, 'the late delivery in quarantine', kept);
  tell.outcome('401 token_revoked, and "Task Quarantined": nothing that a processor did is dropped in silence.');

  const id = kept[0].id;
  const accepted = await ask(`/v1/tasks/${task.taskId}/quarantine/${id}/accept`, { method: 'POST' });
  expectThat(accepted.status === 409, '409 for a task that was not expired but cancelled', accepted.status);
  const discarded = await ask(`/v1/tasks/${task.taskId}/quarantine/${id}`, { method: 'DELETE' });
  expectThat(discarded.status === 204, '204 for what is discarded', discarded.status);
  expectThat((await quarantineOf(world, task.taskId)).length === 0, 'an empty quarantine', id);
  tell.layer('tasks', 'lists it for the sender, who may accept it for a task that expired; this one was cancelled');
  tell.outcome('409 for accepting it, 204 for discarding it.');
};

interface Quarantined {
  readonly id: string;
  readonly sha256: string;
}

const quarantineOf = async ({ ask }: World, taskId: string): Promise<readonly Quarantined[]> => {
  const listed = await ask(`/v1/tasks/${taskId}/quarantine`);
  expectThat(listed.status === 200, 'the list of late deliveries', listed.status);
  return ((await listed.json()) as { quarantine: readonly Quarantined[] }).quarantine;
};
