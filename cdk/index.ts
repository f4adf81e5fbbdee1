export {
  AUTH0,
  AWS_IAM,
  COGNITO,
  ENTRA_ID,
  KEYCLOAK,
  OKTA,
  RFC_9068,
} from '../lambda/contract/access-token-profile.ts';
export type { JsonValue, SecretHeader } from '../lambda/contract/dispatch.ts';
export {
  AUTH0_OPERATORS,
  COGNITO_OPERATORS,
  ENTRA_ID_OPERATORS,
  KEYCLOAK_OPERATORS,
  OKTA_OPERATORS,
  USERINFO_ROLES,
} from '../lambda/contract/operator-roles.ts';
export { secret } from '../lib/config/secret-header.ts';
export type { StackNames } from '../lib/stack-names.ts';
export { InvocationTarget } from '../sender/invocation-target.ts';
export { OpenPosternTask, type OpenPosternTaskProps } from '../sender/open-postern-task.ts';
export type { TaskRequestProps } from '../sender/task-request.ts';
export type { PosternAlarms } from './alarm-types.ts';
export type { MetricDimensions } from './metric.ts';
export { Postern, type PosternEnvironment, type PosternProps } from './postern.ts';
export type { AssemblyAiOptions } from './presets/assembly-ai.ts';
export type { DeepgramOptions } from './presets/deepgram.ts';
export type { FalOptions } from './presets/fal.ts';
export type { GenericOptions } from './presets/generic.ts';
export type { ProcessorPreset } from './presets/preset.ts';
export { presets } from './presets/presets.ts';
export type { ReplicateOptions } from './presets/replicate.ts';
export type * from './settings.ts';
export type { OnTaskOptions, TaskEvent } from './task-rule.ts';
export type { Workflow } from './workflow-arn.ts';
