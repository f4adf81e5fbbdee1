export type {
  AuditListQuery,
  AuditPage,
  AuditView,
  BulkSending,
  CallbackView,
  DeadLetterQueueView,
  DeadLetterView,
  EvidenceListQuery,
  JobView,
  OperatorActionRequest,
  OperatorListTasksQuery,
  OperatorTaskView,
  PlanView,
  ProcessorActionRequest,
  ProcessorDispatchView,
  ProcessorView,
  QuarantinePage,
  ReasonRequest,
  RedriveLettersRequest,
  ReplayPage,
  ReplayView,
  RevealedPayload,
  RevealRequest,
  RevocationConfirmation,
  SigningKeyView,
  StartedJob,
  StartedRedrive,
  TimelineEntry,
} from '../../../lambda/contract/operator-api.ts';
export type { AccessTokenRequest, AccessTokens } from '../../shared/client-credentials.ts';
export type { ErrorCode } from '../../shared/failure.ts';
export type { ActOptions, CallOptions } from '../call-options.ts';
export {
  type ClientCredentials,
  type ClientCredentialsOptions,
  operatorCredentials as clientCredentials,
} from '../credentials.ts';
export type { PosternOptions } from '../gateway.ts';
export type { Listing } from '../listing.ts';
export { PosternError } from '../postern-error.ts';
export { PosternOperator } from './postern-operator.ts';
