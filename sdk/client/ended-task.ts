import type { TaskView } from '../../lambda/contract/task.ts';

/** A task that ended without a result. */
class TaskEnded extends Error {
  readonly task: TaskView;

  constructor(task: TaskView, message: string) {
    super(message);
    this.task = task;
  }
}

/** The processor reported a failure, which `failure` of the waited task reads. Or the work could not be sent to the processor. */
export class TaskFailed extends TaskEnded {
  static override readonly name = 'TaskFailed';
  override readonly name = 'TaskFailed';

  constructor(task: TaskView) {
    const { attempts = 0, reason, state } = task.dispatch ?? {};
    if (task.failure === undefined && state === 'failed') {
      super(
        task,
        `Task ${task.taskId} failed: its work could not be sent to ${task.processor} (${reason}, ${attempts} attempts). ` +
          'Send it again with dispatch().',
      );
      return;
    }
    const { contentType, size } = task.failure ?? {};
    const report = contentType === undefined ? '' : ` with a report of ${size} bytes (${contentType})`;
    super(task, `Task ${task.taskId} failed: its processor said so${report}. Read the report with failure().`);
  }
}

/** No result came before the deadline, or no heartbeat came in time. */
export class TaskExpired extends TaskEnded {
  static override readonly name = 'TaskExpired';
  override readonly name = 'TaskExpired';

  constructor(task: TaskView) {
    super(
      task,
      `Task ${task.taskId} expired: no result came in time (expiresAt ${task.expiresAt}). ` +
        'A late result may be in its quarantine. Accept it, or open another task.',
    );
  }
}

/** A sender or an operator cancelled the task, or another task superseded it. */
export class TaskCancelled extends TaskEnded {
  static override readonly name = 'TaskCancelled';
  override readonly name = 'TaskCancelled';

  constructor(task: TaskView) {
    super(task, `Task ${task.taskId} was cancelled. Open another task if the work is still wanted.`);
  }
}

/** Returns the error of a task that ended otherwise than with a result. */
export const errorOf = (task: TaskView): TaskEnded | undefined => {
  switch (task.status) {
    case 'failed':
      return new TaskFailed(task);
    case 'expired':
      return new TaskExpired(task);
    case 'cancelled':
      return new TaskCancelled(task);
    default:
      return undefined;
  }
};
