import type {
  AuditPage,
  DeadLetterList,
  JobView,
  OperatorTaskView,
  PlanView,
  ProcessorDispatchList,
  ProcessorDispatchView,
  ProcessorList,
  ProcessorView,
  QuarantinePage,
  ReplayPage,
  RevealedPayload,
  SigningKeyList,
  SigningKeyView,
  StartedJob,
  StartedRedrive,
} from '../../lambda/contract/operator-api.ts';
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
  'POST /v1/tasks/{taskId}/dispatch': TaskView;
  'GET /v1/tasks/{taskId}/quarantine': QuarantineList;
  'POST /v1/tasks/{taskId}/quarantine/{id}/accept': TaskView;
  'GET /v1/operator/tasks': TaskPage;
  'GET /v1/operator/tasks/{taskId}': OperatorTaskView;
  'POST /v1/operator/tasks/{taskId}/cancel': OperatorTaskView;
  'POST /v1/operator/tasks/{taskId}/revoke': OperatorTaskView;
  'POST /v1/operator/tasks/{taskId}/reopen': OperatorTaskView;
  'POST /v1/operator/tasks/{taskId}/dispatch': OperatorTaskView;
  'POST /v1/operator/tasks/{taskId}/quarantine/{id}/accept': OperatorTaskView;
  'POST /v1/operator/tasks/{taskId}/quarantine/{id}/discard': OperatorTaskView;
  'POST /v1/operator/tasks/{taskId}/payload': RevealedPayload;
  'GET /v1/operator/quarantine': QuarantinePage;
  'GET /v1/operator/replays': ReplayPage;
  'GET /v1/operator/processors': ProcessorList;
  'GET /v1/operator/processors/{id}': ProcessorView;
  'POST /v1/operator/processors/{id}/revoke': PlanView | StartedJob;
  'POST /v1/operator/processors/{id}/dispatch': PlanView | StartedJob;
  'POST /v1/operator/processors/{id}/pause': ProcessorDispatchView;
  'POST /v1/operator/processors/{id}/resume': ProcessorDispatchView;
  'GET /v1/operator/dispatch': ProcessorDispatchList;
  'GET /v1/operator/jobs/{id}': JobView;
  'POST /v1/operator/jobs/{id}/abort': JobView;
  'GET /v1/operator/dead-letters': DeadLetterList;
  'POST /v1/operator/dead-letters/{queue}/redrive': StartedRedrive;
  'GET /v1/operator/keys': SigningKeyList;
  'POST /v1/operator/keys/{kid}/retire': SigningKeyView;
  'GET /v1/operator/audit': AuditPage;
}
