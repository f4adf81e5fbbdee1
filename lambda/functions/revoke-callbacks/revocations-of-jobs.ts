import { hadLiveCallbacks } from '../../shared/operator/live-callbacks.ts';
import type { JobTaskResult, JobTasks } from './job-tasks.ts';
import type { RevocationResult, TaskRevocations } from './task-revocations.ts';

const RESULTS: Readonly<Record<RevocationResult, JobTaskResult>> = {
  revoked: 'done',
  repeated: 'repeated',
  changed: 'changed',
};

/** Tasks of jobs that revoke callbacks. */
export const revocationsOfJobs = (tasks: TaskRevocations): JobTasks => ({
  read: async (job, taskIds) =>
    (await tasks.read(taskIds)).map((task) => ({
      taskId: task.taskId,
      isWanted: (now) => hadLiveCallbacks(task, job.processor, Date.parse(job.plannedAt), now),
      change: async (now) => RESULTS[await tasks.revoke(job, task, now)],
    })),

  findDone: (job, taskIds) => tasks.findRevoked(job, taskIds),
});
