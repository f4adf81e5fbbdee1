import type { QuarantineList, TaskPage, TaskWithCallbacks } from '../../lambda/contract/sender-api.ts';
import type { TaskView } from '../../lambda/contract/task.ts';

/** The answer of each route that answers with JSON, by its method and path. */
export interface Answers {
  'POST /v1/tasks': TaskWithCallbacks;
  'GET /v1/tasks': TaskPage;
  'GET /v1/tasks/{taskId}': TaskView;
  'DELETE /v1/tasks/{taskId}': TaskView;
  'POST /v1/tasks/{taskId}/callbacks': TaskWithCallbacks;
  'POST /v1/tasks/{taskId}/reopen': TaskWithCallbacks;
  'GET /v1/tasks/{taskId}/quarantine': QuarantineList;
  'POST /v1/tasks/{taskId}/quarantine/{id}/accept': TaskView;
}
