export type { DetailType } from '../../lambda/contract/events.ts';
export type { Problem, ProblemError } from '../../lambda/contract/problem.ts';
export type {
  Callback,
  Callbacks,
  ListTasksQuery,
  OpenTaskRequest,
  ReissueCallbacksRequest,
  ReopenTaskRequest,
  ResumeRequest,
  TaskPage,
  TaskWithCallbacks,
} from '../../lambda/contract/sender-api.ts';
export type { Payload, Progress, QuarantinedView, TaskStatus, TaskView as Task } from '../../lambda/contract/task.ts';
export type { AccessTokenRequest, AccessTokens } from '../shared/client-credentials.ts';
export type { ErrorCode } from '../shared/failure.ts';
export type { ActOptions, CallOptions } from './call-options.ts';
export { type ClientCredentials, type ClientCredentialsOptions, clientCredentials } from './credentials.ts';
export { TaskCancelled, TaskExpired, TaskFailed } from './ended-task.ts';
export { type DetailOf, deduplicate, isNewer, type PosternEvent, parseEvent, type TaskEvent } from './events.ts';
export type { PosternOptions } from './gateway.ts';
export type { Listing } from './listing.ts';
export type { PayloadOptions } from './payload.ts';
export { Postern } from './postern.ts';
export { PosternError } from './postern-error.ts';
export type { Quarantine } from './quarantine.ts';
export type { DispatchedTask, OpenedTask, Tasks } from './tasks.ts';
export type { WaitedTask, WaitOptions } from './waited-task.ts';
